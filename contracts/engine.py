"""What an engine can tell of a declaration before anything runs. Who has an engine passes one to `load_catalogue`.

A protocol only: this package asks no engine by itself, and judges without one as far as text goes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from contracts.model import LogicalType


class Engine(Protocol):
    """Something that parses SQL and patterns as they will be run; each answer is what is wrong, or None."""

    def pattern_fault(self, pattern: str) -> str | None:
        """What is wrong with a regular expression."""
        ...

    def condition_fault(self, sql: str, columns: Mapping[str, LogicalType] | None) -> str | None:
        """What is wrong with a boolean expression over columns of these types; None where they are not all known."""
        ...

    def sign_fault(
        self, sql: str, tables: Mapping[str, Mapping[str, LogicalType]], wanted: Collection[str]
    ) -> str | None:
        """What is wrong with one select that gives columns called so, `value` a number, over `<schema>.<table>` of the
        lake.
        """
        ...
