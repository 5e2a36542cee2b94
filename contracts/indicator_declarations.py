"""The shape of `contracts/indicators/<dimension>.yml` as it is validated; JSON Schemas are made of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from contracts.declarations import Declaration, Name, Real, Text, Title, Truth, WorkingDays
from contracts.indicators import SignDimension, Window
from contracts.names import PlaceName
from contracts.owners import Owner

ShownLevel = Literal["L1", "L2", "L3"]
"""L4 is never shown: an indicator is there to be looked at."""


class MeasureDeclaration(Declaration):
    """One number over a theme table; exactly one of count, sum, mean, highest, lowest, distinct, persons, share."""

    table: PlaceName = Field(description="a theme table, without its schema")
    place: Name | None = Field(None, description="the column with the district's code; left out: the city alone")
    time: Name | None = Field(None, description="a column of days or moments; needed where the window is one of time")
    where: Text | None = Field(None, description="which rows are meant: a condition about one row")
    count: Truth | None = None
    sum: Text | None = None
    mean: Text | None = None
    highest: Text | None = None
    lowest: Text | None = None
    distinct: Text | None = None
    persons: Text | None = Field(None, description="a column of persons' city ids; fewer than ten are not told")
    share: Text | None = Field(None, description="a condition: the share of the rows that it holds for")
    times: Real | None = Field(None, description="what the number is multiplied by")
    divide: Real | None = Field(None, description="what the number is divided by")


class ThresholdsDeclaration(Declaration):
    """Bounds of what is as it should be."""

    warn_below: Real | None = None
    warn_above: Real | None = None
    bad_below: Real | None = None
    bad_above: Real | None = None


class IndicatorDeclaration(Declaration):
    """A second-level indicator; exactly one of measure, formula and model."""

    id: PlaceName
    title: Title
    unit: Text
    description: Text | None = None
    window: Window = Window.DELIVERY
    measure: MeasureDeclaration | None = None
    formula: Text | None = Field(None, description="arithmetic over other indicators of the same window")
    model: PlaceName | None = Field(
        None, description="a dbt model of one's own with the columns window_start, place and <id>"
    )
    better: Literal["higher", "lower"] | None = None
    thresholds: ThresholdsDeclaration = ThresholdsDeclaration()
    level: ShownLevel | None = Field(None, description="the highest level its value may have; left out: the file's")
    owner: Owner | None = Field(None, description="left out: the file's")
    due_working_days: WorkingDays | None = Field(
        None, description="how many working days after a window's end its inputs are due"
    )


class GroupDeclaration(Declaration):
    """A first-level indicator."""

    id: PlaceName
    title: Title
    indicators: tuple[IndicatorDeclaration, ...]


class IndicatorsDeclaration(Declaration):
    """`contracts/indicators/<dimension>.yml`."""

    dimension: SignDimension
    title: Title
    owner: Owner
    level: ShownLevel = "L1"
    groups: tuple[GroupDeclaration, ...]
