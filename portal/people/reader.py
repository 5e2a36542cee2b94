"""Who looks at a page: a visitor, a person with the roles that hold today, or somebody of the city who sees own traces.

Plain records: how somebody came to be signed in is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.acts import Person, Role, RoleGrant


@dataclass(frozen=True)
class Citizen:
    """Somebody who lives in the city, as its account system verified them. `value` is never shown, logged or kept."""

    element: str
    value: str = field(repr=False)


@dataclass(frozen=True)
class Reader:
    """Who looks at a page. `csrf` is what a form of theirs must bring back."""

    person: Person | None = None
    roles: tuple[RoleGrant, ...] = ()
    csrf: str = ""
    citizen: Citizen | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The person's name; "" for a visitor."""
        return self.person.name if self.person else ""

    @property
    def signed_in(self) -> bool:
        """Whether a person of the offices is signed in."""
        return self.person is not None

    def has(self, *roles: Role, department: str = "", agency: str = "") -> bool:
        """Whether one of the roles is held, for this department or agency where one is named.

        A role for the city is one for each department; an applicant's is for its own agency alone.
        """
        return any(
            held.role in roles
            and (not department or held.department in ("", department))
            and (not agency or held.agency == agency)
            for held in self.roles
        )

    def departments(self, role: Role) -> frozenset[str] | None:
        """The departments for which a role is held; None for all of them."""
        found = frozenset(held.department for held in self.roles if held.role is role)
        return None if "" in found else found

    @property
    def agencies(self) -> frozenset[str]:
        """The agencies for which the person asks."""
        return frozenset(held.agency for held in self.roles if held.role is Role.APPLICANT)


VISITOR = Reader()


def titles(roles: tuple[RoleGrant, ...]) -> list[tuple[str, str]]:
    """Roles as persons read them, in Chinese and English."""
    return list(dict.fromkeys(_TITLES[one.role] for one in roles))


_TITLES: Mapping[Role, tuple[str, str]] = {
    Role.OWNER: ("数源部门负责人", "owner"),
    Role.OFFICER: ("主管部门审批人", "officer"),
    Role.APPROVER: ("脱敏审批人", "declassifier approver"),
    Role.STEWARD: ("数据管家", "steward"),
    Role.AUDITOR: ("审计员", "auditor"),
    Role.ENGINEER: ("数据工程师", "engineer"),
    Role.APPLICANT: ("需求部门申请人", "applicant"),
}
