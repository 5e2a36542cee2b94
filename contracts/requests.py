"""The shape of a request for data, as an agency's applicant writes it. What it names is looked up elsewhere.

Texts are bounded and of one kind of sign: they go on the record for good, and into the agreement that is drafted.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from contracts.declarations import Day, Declaration
from contracts.names import GRAMMAR, Name
from contracts.signs import fault_of_text, one_kind_of_line

MOST_TEXT, MOST_TITLE, MOST_COLUMNS = 2000, 200, 300
_TEMPLATE = re.compile(r"\{[{%#]")
RESOURCE = rf"^(product|theme|{GRAMMAR[1:-1]})\.{GRAMMAR[1:]}"


def _expect_plain(text: str, *, lines: bool) -> str:
    """A text that says what it shows, and has nothing that templates take for their own."""
    fault = fault_of_text(text, lines=lines)
    if fault is None and _TEMPLATE.search(text):
        fault = "it has {{, {% or {#"
    if fault:
        raise PydanticCustomError("declared", "{what}", {"what": fault, "instead": "plain text"})
    return text


def _of_one_kind(text: object) -> object:
    """Before it is measured: a form sends two signs for each line end."""
    return one_kind_of_line(text) if isinstance(text, str) else text


Words = Annotated[
    str,
    BeforeValidator(_of_one_kind),
    StringConstraints(min_length=1, max_length=MOST_TEXT, strip_whitespace=True),
    AfterValidator(partial(_expect_plain, lines=True)),
]
Heading = Annotated[
    str,
    BeforeValidator(_of_one_kind),
    StringConstraints(min_length=1, max_length=MOST_TITLE, strip_whitespace=True),
    AfterValidator(partial(_expect_plain, lines=False)),
]
"""One line: lists show it as a cell."""


class RequestedPurpose(Declaration):
    """What the data is needed for, and by which law."""

    code: Name
    text: Words
    legal_basis: Heading


class RequestedTerm(Declaration):
    """From which day on, and until which."""

    from_: Day = Field(alias="from")
    until: Day

    @model_validator(mode="after")
    def _in_order(self) -> RequestedTerm:
        if self.until < self.from_:
            told = {"what": f"it ends on {self.until}, before it begins", "instead": "a day not before `from`"}
            raise PydanticCustomError("declared", "{what}", told)
        return self


class RequestDeclaration(Declaration):
    """A request of an agency for columns of one resource, or for a product."""

    title: Heading
    agency: Name
    resource: Annotated[str, StringConstraints(pattern=RESOURCE, max_length=130)] = Field(
        description="<department>.<dataset>, theme.<entity> or product.<product>, as the catalogue names it"
    )
    columns: Annotated[dict[Name, Heading], Field(min_length=1, max_length=MOST_COLUMNS)] = Field(
        description="each column that is needed, with what it is needed for"
    )
    purpose: RequestedPurpose
    scope: Words
    valid: RequestedTerm


class PublicDeclaration(BaseModel):
    """What anybody asks of the city: a data request, a registration for a dataset, an objection to one."""

    model_config = {"extra": "forbid", "frozen": True}

    kind: Literal["public_request", "registration", "objection"]
    title: Heading
    text: Words
    about: Annotated[str, StringConstraints(max_length=130, pattern=r"^[a-z0-9_.]*$")] = ""
