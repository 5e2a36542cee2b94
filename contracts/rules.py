"""The kinds of rule there are: one table that contracts are validated by and engines compile from.

Adding a kind means one line here, its SQL in `quality/conform.py` (row kinds) and its expectation in `suites.py`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of rule: whether one row alone decides it, its default dimension (GB/T 36344), and its argument names."""

    name: str
    per_row: bool
    dimension: str
    arguments: tuple[str, ...] = ()
    needs_column: bool = True


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("required", True, "completeness"),
        Kind("type", True, "conformity"),
        Kind("pattern", True, "conformity", ("pattern",)),
        Kind("length", True, "conformity", ("minimum", "maximum")),
        Kind("check_digit", True, "accuracy", ("algorithm",)),
        Kind("code_set", True, "conformity", ("code_set",)),
        Kind("range", True, "accuracy", ("minimum", "maximum")),
        Kind("expression", True, "consistency", ("sql",), needs_column=False),
        Kind("unique", False, "accuracy"),
        Kind("reference", False, "consistency", ("table", "column")),
        Kind("mostly_present", False, "completeness", ("at_least",)),
        Kind("row_count", False, "completeness", ("minimum", "maximum"), needs_column=False),
        Kind("freshness", False, "timeliness", ("working_days",)),
        Kind("k_anonymity", False, "conformity", ("k",)),
    )
}

DIMENSIONS = ("conformity", "completeness", "accuracy", "consistency", "timeliness", "accessibility")
