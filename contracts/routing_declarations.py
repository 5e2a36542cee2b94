"""The shape of `contracts/routing/<process>.yml`, unknown keys forbidden.

What it refers to is judged in `reading_routing`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from contracts.declarations import Declaration, Text, Title, WorkingDays
from contracts.names import Name, PlaceName

Hour = Annotated[int, Field(strict=True, ge=0, le=24)]


class OfficeDeclaration(Declaration):
    """The hours of a working day in which clocks run."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    from_: Hour = Field(alias="from")
    until: Hour


class RouteDeclaration(Declaration):
    """What one owner has to see to, and by when."""

    name: Name
    categories: Annotated[tuple[Text, ...], Field(min_length=1)]
    districts: tuple[Text, ...] | None = Field(None, min_length=1, description="left out: all districts")
    owner: Name = Field(description="the department")
    assign_hours: Annotated[int, Field(strict=True, ge=1, le=1000)] = Field(description="office hours from found")
    close_days: WorkingDays = Field(description="working days, found to closed")


class RoutingDeclaration(Declaration):
    """`contracts/routing/<process>.yml`."""

    routing: PlaceName = Field(description="the file's name: the theme table of the process")
    title: Title
    code_set: Name = Field(description="the code set of categories; each of its codes has an owner in each district")
    districts: Annotated[tuple[Text, ...], Field(min_length=1)]
    office: OfficeDeclaration
    repeat_days: Annotated[int, Field(strict=True, ge=1, le=366)] = Field(
        description="days within which the same place and category make a repeated one"
    )
    routes: Annotated[tuple[RouteDeclaration, ...], Field(min_length=1)]
