"""How a resource stands in quality, as the pages of quality have it: one store, so that one number is of one thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lake.quality_past import asking
from lake.quality_past.asking import Day
from lake.quality_past.store import QualityPast
from portal.catalogue.records import DATASET, Resource
from portal.charts import Mark, line

_MOST = 30


@dataclass(frozen=True)
class Standing:
    """The newest days of a resource, oldest first, their line as SVG, and by rule whether what is stored keeps it."""

    days: Sequence[Day] = ()
    picture: str = ""
    kept: Mapping[str, bool] = field(default_factory=dict)


def standing(past: QualityPast, one: Resource) -> Standing:
    """How a resource stands, by a store that was brought up to date before."""
    unit = one.id if one.kind == DATASET else one.table
    with past.asked() as store:
        days = asking.unit_line(store, unit, past.catalogue.weights, _MOST)
        kept = asking.kept_now(store, unit)
    marks = [Mark(str(each.day), each.score.overall) for each in days]
    return Standing(days, line(marks, f"质量评分 Quality score, {one.id}"), kept)
