"""The profile of a batch: taken of its accepted rows, and nothing in it shows a value that is not open."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

from contracts.model import Dataset, Level
from lake.batch import Batch
from lake.profiles.sql import shapes, spread
from lake.profiles.taking import profiles
from tests.unit.lake.desk import Desk, column, dataset

SECRET = "张三丰7788"


def levelled(one: Dataset, level: Level) -> Dataset:
    return replace(one, columns=tuple(replace(each, level=level) for each in one.columns))


def of(desk: Desk, what: Dataset, batch: Batch) -> dict[str, Any]:
    assert batch.delivered_on is not None
    (found,) = profiles(desk.connection, what, {batch.batch: batch.delivered_on})
    return found


def rows(count: int) -> str:
    """Ids, a name (one of them secret), an age, the day of birth."""
    lines = [f"k{n},{SECRET if n == 0 else f'王{n % 7}'},{20 + n % 50},2000-01-{n % 28 + 1:02d}" for n in range(count)]
    return "\n".join(["id,name,age,born", *lines, "", ""])


def persons() -> Dataset:
    return dataset(
        column("id", required=True, key=True),
        column("name"),
        column("age", "integer"),
        column("born", "date", formats=("%Y-%m-%d",)),
    )


def test_counts_lengths_and_shapes(desk: Desk) -> None:
    what = persons()
    found = of(desk, what, desk.take(what, rows(200).replace("k5,王5,25,", "k5,,x,")))
    assert found["rows"] == 199  # the one whose age is no number lies in quarantine
    age, name = found["columns"]["age"], found["columns"]["name"]
    assert (age["nulls"], age["range"]) == (0, ["20", "69"]) and 45 <= age["distinct"] <= 55
    assert name["length"] == [2, len(SECRET)] and name["shapes"][0] == ["汉9", 198]
    assert sum(name["bins"].values()) == sum(age["bins"].values()) == 199


def test_nothing_of_a_column_that_is_not_open_shows_a_value(desk: Desk) -> None:
    what = levelled(persons(), Level.L3)
    found = of(desk, what, desk.take(what, rows(300)))
    told = json.dumps(found, ensure_ascii=False)
    assert SECRET not in told and "2000" not in told and "range" not in told
    assert ["汉{3}9{4}", 1] not in found["columns"]["name"]["shapes"]
    assert all(count >= 5 for one in found["columns"].values() for count in one["bins"].values())


def test_of_a_handful_of_rows_nothing_but_counts_is_told(desk: Desk) -> None:
    what = levelled(persons(), Level.L2)
    found = of(desk, what, desk.take(what, rows(12)))
    assert all(not {"bins", "shapes", "range"} & set(one) for one in found["columns"].values())
    assert found["columns"]["age"]["nulls"] == 0


def test_several_batches_are_told_apart_and_each_is_as_if_alone(desk: Desk) -> None:
    what = persons()
    first = desk.take(what, rows(60))
    desk.deliver(what, rows(90).replace("k", "j"), "2026-11-03")
    batches = {one.batch: one.delivered_on for one in desk.ingest(what) if one.delivered_on}
    together = profiles(desk.connection, what, batches)
    assert [one["rows"] for one in together] == [60, 90]
    assert together[0] == of(desk, what, first)


def test_all_null_and_no_rows(desk: Desk) -> None:
    what = persons()
    taken = desk.take(what, "id,name,age,born\nk1,,,\nk2,,,\n")
    found = of(desk, what, taken)
    assert found["columns"]["name"] == {"nulls": 2, "distinct": 0}
    assert profiles(desk.connection, what, {"no such batch": date(2026, 11, 2)}) == []


def test_a_sample_hangs_on_nothing_but_the_rows(desk: Desk) -> None:
    what = persons()
    batch = desk.take(what, rows(3000))
    assert batch.delivered_on is not None
    days, steps = {batch.batch: batch.delivered_on}, {batch.batch: 10}
    once, again = (desk.connection.execute(spread(what, days, steps)).fetchall() for _ in range(2))
    assert once == again and 150 < sum(rows for _, name, _, rows in once if name == "age") < 450
    assert desk.connection.execute(shapes(what, days, steps) or "").fetchall()
