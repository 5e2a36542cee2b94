"""Persons who may act, and their acts as the gates see them. Plain records: nothing is signed or verified here.

An act is a person's signed word over the digest of exactly what was seen; a name alone is none. Roles are those of the
offices that share: 个人信息保护法, article 51; GB/T 39477-2020, 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from contracts.requested import Requested


class Role(StrEnum):
    """As what a person acts."""

    OWNER = "owner"
    OFFICER = "officer"
    APPROVER = "declassifier_approver"
    STEWARD = "steward"
    AUDITOR = "auditor"
    ENGINEER = "engineer"
    APPLICANT = "applicant"


OF_DEPARTMENT = frozenset({Role.OWNER, Role.STEWARD})
"""Roles that may be held for one department alone; the applicant's is always one of an agency."""


class Deed(StrEnum):
    """What an act does."""

    APPROVE = "approve"
    STOP = "stop"
    RECALL = "recall"
    WITHDRAW = "withdraw_delivery"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    KEY = "key"
    OVERRIDE = "override"
    CONFIRM_OVERRIDE = "confirm_override"
    END_OVERRIDE = "end_override"


RIGHTS: Mapping[Deed, frozenset[Role]] = {
    Deed.APPROVE: frozenset({Role.OWNER, Role.OFFICER, Role.APPROVER}),
    Deed.STOP: frozenset({Role.OWNER, Role.OFFICER}),
    Deed.RECALL: frozenset({Role.OWNER, Role.OFFICER, Role.STEWARD}),
    Deed.WITHDRAW: frozenset({Role.OWNER, Role.OFFICER, Role.STEWARD}),
    Deed.ACKNOWLEDGE: frozenset(Role) - {Role.APPLICANT},
    Deed.RESOLVE: frozenset({Role.OFFICER, Role.AUDITOR}),
    Deed.KEY: frozenset({Role.OFFICER, Role.AUDITOR}),
    Deed.OVERRIDE: frozenset({Role.OWNER, Role.STEWARD}),
    Deed.CONFIRM_OVERRIDE: frozenset({Role.OFFICER}),
    Deed.END_OVERRIDE: frozenset({Role.OWNER, Role.STEWARD, Role.OFFICER}),
}
"""Deed -> the roles that may do it; what is not listed nobody may."""


@dataclass(frozen=True)
class RoleGrant:
    """One role of a person, from its first to its last day: of a department, of an agency, or of the city ("").

    `level` is the highest that its holder sees of rows; "" where that is the role's own (`lake/quarantine/sight.py`).
    """

    role: Role
    valid_from: date
    valid_until: date
    department: str = ""
    agency: str = ""
    level: str = ""

    def holds(self, day: date) -> bool:
        """Whether the person has the role on a day."""
        return self.valid_from <= day <= self.valid_until


def departments_of(grants: Iterable[RoleGrant], role: Role) -> frozenset[str] | None:
    """The departments for which somebody has a role; None for all."""
    found = frozenset(one.department for one in grants if one.role is role)
    return None if "" in found else found


def agencies_of(grants: Iterable[RoleGrant]) -> frozenset[str] | None:
    """The agencies for which somebody asks; None for all."""
    found = frozenset(one.agency for one in grants if one.role is Role.APPLICANT)
    return None if "" in found else found


@dataclass(frozen=True)
class PersonKey:
    """One public key of a person, as PEM text, with its first and last day; what it signed from `revoked_on` on is
    nothing.
    """

    pem: str
    valid_from: date
    valid_until: date
    revoked_on: date | None = None

    def holds(self, day: date) -> bool:
        """Whether it speaks for its person on a day."""
        revoked = self.revoked_on is not None and day >= self.revoked_on
        return self.valid_from <= day <= self.valid_until and not revoked


@dataclass(frozen=True)
class Person:
    """Somebody who may act: by which roles, and by which keys."""

    name: str
    title_zh: str
    title_en: str
    roles: tuple[RoleGrant, ...]
    keys: tuple[PersonKey, ...]

    def roles_for(self, deed: Deed, day: date) -> tuple[Role, ...]:
        """The roles by which a person may do something on a day, in order."""
        held = [grant.role for grant in self.roles if grant.holds(day) and grant.role in RIGHTS[deed]]
        return tuple(dict.fromkeys(held))


@dataclass(frozen=True)
class DeclaredPersons:
    """Who may act in a city, by their names as they are compared, and whether the platform plays them."""

    persons: Mapping[str, Person]
    demonstration: bool = False


def person_key(name: str) -> str:
    """A person's name as it is compared: an address in capitals, or with the dot at its end that names of hosts may
    have, or with another script's dots, is nobody else's (RFC 1034, 3.1; RFC 3490, 3.1).
    """
    return name.strip().casefold().translate(DOTS).rstrip(".")


DOTS = str.maketrans(dict.fromkeys("。．｡", "."))


@dataclass(frozen=True)
class Approval:
    """One act on an agreement, verified: who, as what, when, the SHA-256 of the act, and the key it was signed with.

    `fault` says why it counts for nothing, None where it counts; `changed` are the parts of what was seen that are not
    what they were, none where it is over exactly what is to leave now.
    """

    person: str
    role: str
    at: datetime
    digest: str
    key_id: str
    changed: tuple[str, ...] = ()
    fault: str | None = None

    @property
    def counts(self) -> bool:
        """Whether it is an approval of what is to leave now."""
        return self.fault is None and not self.changed


@dataclass(frozen=True)
class ActEvidence:
    """What persons did about one agreement. `dossier` maps each part of what an approval is over to its digest, and
    `digest` covers all; `stopped` says why the agreement was stopped after all its approvals.
    """

    dossier: Mapping[str, str]
    digest: str
    approvals: tuple[Approval, ...] = ()
    stopped: str | None = None
    demonstration: bool = False
    required: tuple[str, ...] = field(default=())
    """The persons whose approval the agreement names."""
    request: Requested | None = None
    """The request that the agreement names, as its case stands."""
