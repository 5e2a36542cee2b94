"""The shape of `contracts/windows/<set>.yml` and of the `stream` property of a contract, unknown keys forbidden.

Shapes only: what they refer to is judged in `reading_windows` and `streams`.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from contracts.declarations import Declaration, Real, Text, Title, Truth
from contracts.model import Level
from contracts.names import Name
from contracts.owners import Owner
from contracts.rule_declarations import TableName
from contracts.words import given

_A_DAY = 86_400
Seconds = Annotated[int, Field(strict=True, ge=0, le=_A_DAY)]


def _moment(value: object) -> object:
    """A moment with its zone, as YAML or as text has it."""
    if isinstance(value, str):
        with suppress(ValueError):
            value = datetime.fromisoformat(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    what = f"{given(value)} is no moment with a time zone"
    raise PydanticCustomError("declared", "{what}", {"what": what, "instead": '"2026-11-21T00:00:00+08:00"'})


Moment = Annotated[datetime, BeforeValidator(_moment)]


class StreamDeclaration(Declaration):
    """What a streamed dataset promises of its records' times."""

    event_time: Name
    lateness_seconds: Seconds = Field(description="how long after it was seen a record may come")
    ahead_seconds: Annotated[int, Field(strict=True, ge=0, le=3600)] = Field(
        description="from how far ahead of the city's clock on a record is not believed"
    )
    amend_hours: Annotated[int, Field(strict=True, ge=1, le=24 * 366)] = Field(
        description="how old a record may be and still amend its window"
    )


class ExpectedDeclaration(Declaration):
    """Who should be heard in each window."""

    table: TableName
    column: Name


class FeedDeclaration(Declaration):
    """A streamed dataset of the set."""

    dataset: TableName
    sender: Name | None = Field(None, description="the column of who sends")
    expected: ExpectedDeclaration | None = Field(None, description="left out: one record of anybody is all")


class SignDeclaration(Declaration):
    """A number made of each window."""

    name: Name
    title: Title
    unit: Text
    level: Level = Field(description="no column of a higher level may flow into it")
    sql: Text = Field(
        description="one SELECT of value, and of district (null: the whole city), over feeds and what comes whole"
    )
    decimals: Annotated[int, Field(strict=True, ge=0, le=9)] = 2
    district: Truth = False


class WindowSetDeclaration(Declaration):
    """`contracts/windows/<set>.yml`."""

    windows: Name = Field(description="the file's name")
    title: Title
    owner: Owner
    length_seconds: Literal[10, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600]
    since: Moment = Field(description="the start of the first window, with its time zone")
    grace_seconds: Seconds = Field(description="how long after its end a window is closed whatever has come")
    complete_at: Annotated[Real, Field(gt=0, le=1)] = 1.0
    feeds: Annotated[tuple[FeedDeclaration, ...], Field(min_length=1)]
    signs: Annotated[tuple[SignDeclaration, ...], Field(min_length=1)]
