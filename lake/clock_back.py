"""A city's clock that says a day before that of what was taken last: what is taken now would be dated before it.

A clock that is ahead shows in no delivery, and is not told here.
"""

from __future__ import annotations

from datetime import date

from contracts.model import Dataset
from lake.batch import Ingestion
from lake.readers.refusal import DeliveryRefused


class ClockWentBack(DeliveryRefused):
    """The city's clock is before the day of what was taken last."""


def refuse_clock(context: Ingestion, dataset: Dataset, day: date) -> None:
    """Raises `ClockWentBack` where a delivery of the dataset is of a day that is still to come."""
    newest = max((one.delivered_on for one in context.deliveries.get(dataset.id, [])), default=day)
    if newest > day:
        what = f"the city's clock says {day}, and a delivery of {newest} was taken: it went back"
        fix = "Set the clock right (or ZHONGTAI_NOW): what is taken now would count as older than it is."
        raise ClockWentBack(dataset.id, dataset.source.path, what, "the clock", fix)
