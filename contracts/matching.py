"""How an entity's rows are matched that no identifier tells apart: what is compared, what is blocked, what is sure.

Lives here: the vocabulary and the resolved record. Must not live here: reading YAML (`reading_matching.py`), comparing
(`lake/linking/`), and deciding who is who (`sharing/identity/`, `lake/identity/`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

REGISTRY = "registry"
"""The schema of the lake that says who is who, and the dbt source of it."""
LOOSE = "~"
"""What begins the key of a row that no identifier names, and of a thing that has none; no identifier does."""
LINK_COLUMNS = {
    "_key": "VARCHAR",
    "_record": "VARCHAR",
    "entity_key": "VARCHAR",
    "identifier": "VARCHAR",
    "city_id": "VARCHAR",
    "probability": "DOUBLE",
    "method": "VARCHAR",
    "dataset": "VARCHAR",
    "_batch": "VARCHAR",
}
"""`registry.<entity>`: which thing each loose row belongs to, and each identifier that somebody decided is another's.
`_key` is what the row is known by, `_record` the keyed hash of that; `entity_key` the thing's identifier, or `LOOSE`
and the hash of what it was founded by."""
ID_COLUMNS = {
    "entity_key": "VARCHAR",
    "city_id": "VARCHAR",
    "method": "VARCHAR",
    "probability": "DOUBLE",
    "loose": "BOOLEAN",
    "merged": "BOOLEAN",
}
"""`registry.<entity>__ids`: the things that some row of the other table belongs to, and with `merged` the identifiers
that are no longer things of their own."""
PAIR_COLUMNS = {
    "left_record": "VARCHAR",
    "right_record": "VARCHAR",
    "left_key": "VARCHAR",
    "right_key": "VARCHAR",
    "probability": "DOUBLE",
    "weight": "DOUBLE",
    "levels": "INTEGER[]",
}
"""`registry.<entity>__pairs`: rows that were compared and may be one; `levels` in the order of the comparisons."""

SUREST = 0.9999
"""The most that is said of a pair: nothing is called certain that is compared."""
MATCHED_COLUMNS = {"matched_rows": "integer", "match_probability": "number", "conflict_count": "integer"}
"""The columns that the table of a matched entity has besides, with their logical types."""

PLAIN = "plain"
"""The key that is the value in its standard spelling."""


class ComparisonKind(StrEnum):
    """How two values of an attribute are compared; each kind has its levels, from equal to different."""

    CHINESE_NAME = "chinese_name"
    LATIN_NAME = "latin_name"
    ORGANISATION_NAME = "organisation_name"
    CHINESE_ADDRESS = "chinese_address"
    LATIN_ADDRESS = "latin_address"
    DATE = "date"
    PHONE = "phone"
    IDENTIFIER = "identifier"
    CODE = "code"
    TEXT = "text"
    COORDINATES = "coordinates"


TYPES: Mapping[ComparisonKind, frozenset[str]] = {
    ComparisonKind.DATE: frozenset({"date", "timestamp"}),
    ComparisonKind.COORDINATES: frozenset({"number", "decimal"}),
    ComparisonKind.CODE: frozenset({"string", "integer", "boolean", "date"}),
}
"""The logical types that each kind compares; those that are not named here compare text."""
KEYS: Mapping[ComparisonKind, tuple[str, ...]] = {
    ComparisonKind.CHINESE_NAME: (PLAIN, "pinyin", "surname"),
    ComparisonKind.LATIN_NAME: (PLAIN, "sound", "initial"),
    ComparisonKind.ORGANISATION_NAME: (PLAIN, "core", "pinyin"),
    ComparisonKind.CHINESE_ADDRESS: (PLAIN, "road", "place"),
    ComparisonKind.LATIN_ADDRESS: (PLAIN, "number", "street"),
    ComparisonKind.DATE: (PLAIN, "year", "month_day"),
    ComparisonKind.PHONE: (PLAIN, "last7"),
    ComparisonKind.IDENTIFIER: (PLAIN, "head", "tail"),
    ComparisonKind.CODE: (PLAIN,),
    ComparisonKind.TEXT: (PLAIN,),
    ComparisonKind.COORDINATES: ("cell",),
}
"""What of a value rows may be blocked by: kind -> names of keys, the first being what an attribute alone stands for."""


@dataclass(frozen=True)
class Comparison:
    """One thing that is compared. `attributes` is one attribute, or longitude and latitude of coordinates."""

    attributes: tuple[str, ...]
    kind: ComparisonKind

    @property
    def name(self) -> str:
        """What it is called, in parameters and before stewards."""
        return self.attributes[0]


@dataclass(frozen=True)
class BlockKey:
    """A key of a compared attribute: rows are compared that have it alike."""

    attribute: str
    key: str


@dataclass(frozen=True)
class Matching:
    """How an entity's rows are matched.

    Two rows are compared that have all keys of one of `blocks` alike. From the probability `automatic` on they are one
    without being asked, from `review` on a steward is asked, below that they are not. `two_persons` is whether what a
    steward decides needs a second one; `most_pairs` how many pairs a block may make before nothing is compared.
    """

    comparisons: tuple[Comparison, ...]
    blocks: tuple[tuple[BlockKey, ...], ...]
    automatic: float = 0.99
    review: float = 0.5
    two_persons: bool = False
    most_pairs: int = 200_000_000
    conflicts: tuple[str, ...] = field(default=())
    """Attributes of which it matters where departments differ."""
