"""Who may see what of rejected rows: by role, department, and level. What is not listed here is masked.

An owner sees what their department delivered up to L3, a steward up to L2; `contracts/persons.yml` may say another
level of each role. Everybody else sees reasons and counts alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from contracts.acts import Role, RoleGrant
from contracts.model import Column, Dataset, Level

OF_OWNER, OF_STEWARD = Level.L3, Level.L2
_LEVELS: Mapping[Role, Level] = {Role.OWNER: OF_OWNER, Role.STEWARD: OF_STEWARD}


@dataclass(frozen=True)
class RowSight:
    """What somebody may see of a dataset's rejected rows: up to which level; None: no row."""

    name: str
    level: Level | None = None
    role: str = ""

    def sees(self, column: Column) -> bool:
        """Whether a column's values are shown as they are."""
        return self.level is not None and column.level <= self.level

    def sees_misaligned(self, dataset: Dataset) -> bool:
        """Whether the cells of a row are shown of which nobody knows in which column each belongs: all may be seen."""
        return all(map(self.sees, dataset.columns))


def row_sight(name: str, grants: Iterable[RoleGrant], department: str) -> RowSight:
    """What a person may see of a department's rejected rows, by the roles that hold today: the most of them."""
    found = [
        (Level(one.level) if one.level else _LEVELS[one.role], str(one.role))
        for one in grants
        if one.role in _LEVELS and one.department in ("", department)
    ]
    if not found:
        return RowSight(name)
    level, role = max(found)
    return RowSight(name, level, role)
