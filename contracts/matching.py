"""How an entity's rows are matched that no identifier tells apart: what is compared, what is blocked, what is sure.

Lives here: the vocabulary and the resolved record. Must not live here: reading YAML (`reading_matching.py`), comparing
(`lake/linking/`), and deciding who is who (`sharing/identity/`, `lake/identity/`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

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
