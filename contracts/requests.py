"""The shape of a request for data, as an agency's applicant writes it. What it names is looked up elsewhere.

Texts are bounded and of one kind of sign: they go on the record for good, and into the agreement that is drafted.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from contracts.declarations import Day, Declaration
from contracts.names import GRAMMAR, Name

MOST_TEXT, MOST_TITLE, MOST_COLUMNS = 2000, 200, 300
# Signs that nobody sees, or that make a text read otherwise than it is written (Unicode's direction marks).
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_TEMPLATE = re.compile(r"\{[{%#]")
RESOURCE = rf"^(product|theme|{GRAMMAR[1:-1]})\.{GRAMMAR[1:]}"


def has_unseen(text: str) -> bool:
    """Whether a text has signs that nobody sees, or that change how it reads."""
    return _UNSEEN.search(one_kind_of_line(text)) is not None


def one_kind_of_line(text: str) -> str:
    """A text with line ends of one kind: forms send two signs for each."""
    return text.replace("\r\n", "\n")


def _plain(text: str) -> str:
    """A text without signs that nobody sees, or that templates take for their own."""
    if has_unseen(text) or _TEMPLATE.search(text):
        told = {"what": "it has signs that nobody sees, or {{, {% or {#", "instead": "plain text"}
        raise PydanticCustomError("declared", "{what}", told)
    return one_kind_of_line(text)


Words = Annotated[
    str, StringConstraints(min_length=1, max_length=MOST_TEXT, strip_whitespace=True), AfterValidator(_plain)
]
Heading = Annotated[
    str, StringConstraints(min_length=1, max_length=MOST_TITLE, strip_whitespace=True), AfterValidator(_plain)
]


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
