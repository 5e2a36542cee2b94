"""What a form of a request says, as the declaration that `lake.cases.asking` reads, and what is asked as a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from lake.cases.resources import Resource
from portal.asking import Refused
from sharing.cases.asked import Asked
from sharing.cases.vocabulary import Doing
from sharing.faults import Fault

COLUMN = "column."
"""The names of the fields that say what a column is needed for begin so; an empty one does not ask for it."""
_PLACES = {
    "title": "title", "agency": "agency", "resource": "resource", "code": "purpose.code", "purpose": "purpose.text",
    "basis": "purpose.legal_basis", "scope": "scope", "from": "valid.from", "until": "valid.until",
}  # fmt: skip


@dataclass(frozen=True)
class Filled:
    """A form as it is shown: its texts by field, what the resource offers, and what is wrong with it by place."""

    texts: Mapping[str, str]
    resource: Resource | None
    faults: tuple[Fault, ...] = ()

    def text(self, name: str) -> str:
        """The text of a field."""
        return self.texts.get(name, "")

    def why(self, column: str) -> str:
        """What a column is needed for."""
        return self.texts.get(COLUMN + column, "")


@dataclass(frozen=True)
class Unsaid:
    """Words that were written and refused: shown again with the reason, so that they are not lost."""

    refused: Refused
    doing: Doing
    words: str

    def words_for(self, doing: str) -> str:
        """What the form of a step has in it."""
        return self.words if doing == self.doing else ""


def declared(form: Mapping[str, str]) -> dict[str, Any]:
    """The request that a form is, as a file would have it."""
    told: dict[str, Any] = {"purpose": {}, "valid": {}}
    for name, place in _PLACES.items():
        within, _, key = place.rpartition(".")
        value: object = form.get(name, "")
        (told[within] if within else told)[key] = _day(str(value)) if within == "valid" else value
    columns = {name.removeprefix(COLUMN): why.strip() for name, why in form.items() if name.startswith(COLUMN)}
    return {**told, "columns": {name: why for name, why in columns.items() if why}}


def _day(text: str) -> object:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def texts_of(asked: Asked) -> dict[str, str]:
    """What is asked, as the texts of the form's fields."""
    return {
        "title": asked.title,
        "agency": asked.agency,
        "resource": asked.resource,
        "code": asked.purpose_code,
        "purpose": asked.purpose,
        "basis": asked.legal_basis,
        "scope": asked.scope,
        "from": asked.valid_from.isoformat() if asked.valid_from else "",
        "until": asked.valid_until.isoformat() if asked.valid_until else "",
        **{COLUMN + name: why for name, why in asked.columns.items()},
    }
