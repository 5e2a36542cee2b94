"""What a case asks for, and the digests of its parts: what an approval is over. Whether it can be had is not judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cached_property
from typing import Any

from sharing.acts import seen_digest
from sharing.canonical import digest

NAMESPACE = "request/"
"""What an act on a case is about begins so; no agreement's name does."""


@dataclass(frozen=True)
class Asked:
    """What is asked, by which agency (empty: by the public), for what, on which basis, and from when until when.

    `columns` maps each column of `resource` to what it is needed for; `departments` are those whose data it is, and
    `sharing` the strictest attribute of what is asked. The last three are the platform's to say, as of the filing.
    """

    title: str
    purpose: str
    agency: str = ""
    resource: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    purpose_code: str = ""
    legal_basis: str = ""
    scope: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    departments: tuple[str, ...] = ()
    sharing: str = "conditional"

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data, and a part of its ledger entry."""
        return {
            **{one.name: getattr(self, one.name) for one in fields(self)},
            "columns": dict(self.columns),
            "departments": list(self.departments),
            "valid_from": self.valid_from and self.valid_from.isoformat(),
            "valid_until": self.valid_until and self.valid_until.isoformat(),
        }

    @cached_property
    def parts(self) -> Mapping[str, str]:
        """Part -> digest, of all that it says: asked for with every step that somebody might do."""
        told = self.as_dict()
        return {part: digest([told[name] for name in names]) for part, names in PARTS.items()}

    @cached_property
    def digest(self) -> str:
        """One digest over all parts."""
        return seen_digest(self.parts)


PARTS: Mapping[str, tuple[str, ...]] = {
    "text": ("title",),
    "who": ("agency", "departments", "sharing"),
    "columns": ("resource", "columns"),
    "purpose": ("purpose_code", "purpose"),
    "basis": ("legal_basis",),
    "scope": ("scope",),
    "term": ("valid_from", "valid_until"),
}
"""The parts of what is asked, each with its fields: every field is in one of them."""


def read_asked(told: Mapping[str, Any]) -> Asked:
    """What a ledger entry says was asked. KeyError, TypeError or ValueError for what is none."""
    days: dict[str, Any] = {
        name: told[name] and date.fromisoformat(str(told[name])) for name in ("valid_from", "valid_until")
    }
    names = ("title", "purpose", "agency", "resource", "purpose_code", "legal_basis", "scope", "sharing")
    texts: dict[str, Any] = {name: str(told[name]) for name in names}
    return Asked(
        **texts,
        **days,
        columns={str(name): str(why) for name, why in dict(told["columns"]).items()},
        departments=tuple(map(str, told["departments"])),
    )
