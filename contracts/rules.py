"""The kinds of rule there are: one table that contracts are validated by and engines compile from.

Adding a kind means one line here, its SQL in `quality/conform.py` (row kinds) and its expectation in `suites.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from contracts.dimensions import DIMENSIONS as DIMENSIONS
from contracts.model import LogicalType

_NUMBERS = (LogicalType.INTEGER, LogicalType.DECIMAL, LogicalType.NUMBER)
_DAYS = (LogicalType.DATE, LogicalType.TIMESTAMP)
_TEXT = (LogicalType.STRING,)


@dataclass(frozen=True)
class Kind:
    """A kind of rule: whether one row alone decides it, its default dimension (GB/T 36344), and its argument names.

    `columns` is how many columns it is about, least and most; `types` those that its columns may have, all where empty.
    """

    name: str
    per_row: bool
    dimension: str
    arguments: tuple[str, ...] = ()
    columns: tuple[int, int] = (1, 1)
    types: tuple[LogicalType, ...] = ()


_MANY = 100

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("required", True, "completeness"),
        Kind("type", True, "conformity"),
        Kind("pattern", True, "conformity", ("pattern",), types=_TEXT),
        Kind("length", True, "conformity", ("minimum", "maximum"), types=_TEXT),
        Kind("check_digit", True, "accuracy", ("algorithm",), types=_TEXT),
        Kind("code_set", True, "conformity", ("code_set",), types=_TEXT),
        Kind("range", True, "accuracy", ("minimum", "maximum"), types=(*_NUMBERS, *_DAYS)),
        Kind("invisible", True, "conformity", types=_TEXT),
        Kind("characters", True, "conformity", types=_TEXT),
        Kind("placeholder", True, "accuracy", types=_TEXT),
        Kind("shared", False, "accuracy", types=_TEXT),
        Kind("expression", True, "consistency", ("sql",), columns=(0, _MANY)),
        Kind("unique", False, "accuracy", columns=(1, _MANY)),
        Kind("reference", False, "consistency", ("table", "column")),
        Kind("mostly_present", False, "completeness", ("at_least",)),
        Kind("row_count", False, "completeness", ("minimum", "maximum"), columns=(0, 0)),
        Kind("freshness", False, "timeliness", ("working_days",), columns=(0, 0)),
        Kind("k_anonymity", False, "conformity", ("k",), types=(LogicalType.INTEGER,)),
    )
}


NUMBERS, DAYS = frozenset(_NUMBERS), frozenset(_DAYS)
# Compiled from a contract's column, or from its deliveries: elsewhere there is nothing to judge by.
OF_CONTRACTS = frozenset({"type", "freshness"})
# Names of rules that every table of some layer has without anybody writing them (`quality/rules.py`).
STANDING = frozenset({"built", "not_empty", "freshness", "conservation"})
