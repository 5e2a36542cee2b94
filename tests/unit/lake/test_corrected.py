"""Rejected rows that later deliveries brought right are told as that, and by which."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contracts.model import Dataset, DeliveryMode
from lake.corrected import corrected
from lake.store import stored_batches, stored_deliveries
from tests.unit.lake.desk import Desk, people

WRONG = "id,name,age\n1,甲,x\n2,乙,y\n3,丙,3\n,丁,z\n"


def told(desk: Desk, one: Dataset) -> list[tuple[str, str, int]]:
    """Days of the wrong and of the right delivery, and how many rows."""
    deliveries = stored_deliveries(desk.connection)[one.id]
    batches = stored_batches(desk.connection)[one.id]
    days = {each.batch: each.path[8:10] for each in deliveries}
    return [
        (days[each.batch], days[each.by], each.rows) for each in corrected(desk.connection, one, deliveries, batches)
    ]


@pytest.mark.parametrize("mode", list(DeliveryMode))
def test_a_row_is_corrected_by_the_first_later_delivery_with_its_key(desk: Desk, mode: DeliveryMode) -> None:
    one = replace(people(), mode=mode, largest_rejected_share=1.0)
    desk.deliver(one, "id,name,age\n1,甲,0\n2,乙,0\n", "2026-11-02")
    desk.deliver(one, WRONG, "2026-11-03")
    desk.ingest(one)
    assert told(desk, one) == []  # what came before corrects nothing
    desk.deliver(one, "id,name,age\n1,甲,1\n", "2026-11-04")
    desk.deliver(one, "id,name,age\n1,甲,1\n2,乙,bad\n", "2026-11-05")
    desk.deliver(one, "id,name,age\n1,甲,5\n2,乙,2\n", "2026-11-06")
    desk.ingest(one)
    assert told(desk, one) == [("03", "04", 1), ("03", "06", 1), ("05", "06", 1)]


def test_what_counts_no_longer_corrects_nothing(desk: Desk) -> None:
    one = people()
    desk.deliver(one, WRONG, "2026-11-03")
    right = desk.deliver(one, "id,name,age\n1,甲,1\n", "2026-11-04")
    desk.ingest(one)
    assert told(desk, one) == [("03", "04", 1)]
    right.with_name(f"{right.name}.withdrawn").touch()
    desk.ingest(one)
    assert told(desk, one) == []
