"""For whom a fault is: who answers for the department, for what it supplies, or for the city."""

from __future__ import annotations

from collections.abc import Collection

from contracts.acts import Role, RoleGrant
from lake.findings.finding import Finding, Kind

OF_ALL = (Role.OFFICER, Role.AUDITOR, Role.ENGINEER)
OF_OWN = (Role.STEWARD, Role.OWNER)
TENDING = (*OF_OWN, *OF_ALL)
"""The roles of all who answer for data in some way: the desk is for them."""


def concerns(roles: Collection[RoleGrant], one: Finding) -> bool:
    """Whether a fault is for somebody of these roles: of their departments, or of what these supply."""
    if one.kind in (Kind.CASE, Kind.OVERDUE):  # an engineer has no part in them
        roles = [held for held in roles if held.role is not Role.ENGINEER]
    own = {held.department for held in roles if held.role in OF_OWN}
    if "" in own or any(held.role in OF_ALL for held in roles):
        return True
    return bool(own & {one.department, *one.concerned})
