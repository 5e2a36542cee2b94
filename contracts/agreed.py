"""What an agreement says beside its columns: which rows may leave, who approved a lowering, how varied a class is.

Resolved; the declarations are in `declarations.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class RowCondition:
    """Rows that may leave: those whose value of a column, as text, is one of these. Nothing is none of them."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class LoweringApproval:
    """Who approved, and on which day, that a declassifier lowers some columns of a product."""

    name: str
    columns: tuple[str, ...]
    approved_by: str
    approved_on: date


@dataclass(frozen=True)
class LDiversity:
    """Within each class of alike rows, every one of these columns has so many different values at least."""

    columns: tuple[str, ...]
    at_least: int
