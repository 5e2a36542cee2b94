"""Who may own something: what Dagster takes for an owner, told where it is declared and not when a run begins.

The test beside this holds it against Dagster's own judgement. Who owns what is declared elsewhere.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

WANTED = "an e-mail address such as data@city.example (a domain without _, an ending of 2 to 7 letters), or team:<name>"

_EMAIL = re.compile(r"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,7}\b")
_TEAM = re.compile(r"team:\S(.*\S)?")


def is_owner(text: str) -> bool:
    """Whether Dagster takes a text for an owner; less what nobody could read (blank teams, control characters)."""
    return text.isprintable() and bool(_EMAIL.fullmatch(text) or _TEAM.fullmatch(text))


def _owner(text: str) -> str:
    if not is_owner(text):
        raise PydanticCustomError("declared", "{what}", {"what": f"{text!r} is no owner", "instead": WANTED})
    return text


Owner = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_owner)]
