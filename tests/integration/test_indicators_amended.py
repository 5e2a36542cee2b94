"""Indicators through runs: a late delivery amends, a recall is seen at once and withdrawn by the next run, and a source
that does not come makes stale; a value that is too sensitive is withheld; what is divided by zero says so.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lake.indicators.taking import store_path
from tests.planted.city import DOMAIN
from tests.recalled.city import FIRST, SECOND, Recalled, found_city

pytestmark = pytest.mark.attack

_FILE = """
dimension: vitality
title: {zh: 活力, en: Vitality}
owner: data-office@city.example
groups:
  - id: counts
    title: {zh: 计数, en: Counts}
    indicators:
      - {id: entries, title: {zh: 条数, en: Entries}, unit: 条, measure: {table: kept, count: true}}
      - {id: amounts, title: {zh: 数量, en: Amounts}, unit: 个, measure: {table: kept, sum: amount}}
      - {id: nothing, title: {zh: 无, en: Nothing}, unit: 个, measure: {table: kept, sum: amount, where: amount < 0}}
      - {id: mean_amount, title: {zh: 均值, en: Mean}, unit: 个, formula: amounts / entries}
      - {id: by_nothing, title: {zh: 除零, en: By nothing}, unit: 个, formula: amounts / (entries - entries)}
"""
_TABLE = """
tables:
  kept:
    rules: [{name: grain, kind: unique, columns: [id]}]
"""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recalled]:
    found = replace(found_city(tmp_path_factory.mktemp("indicators")), now="2026-11-18T20:00:00+08:00")
    found.write(_FILE, "contracts", "indicators", "vitality.yml")
    found.write(DOMAIN + _TABLE, "contracts", "domains", "records.yml")
    found.tell("sync")
    yield found


def told(city: Recalled) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in city.tell("indicators")["indicators"]}


def test_a_value_is_amended_recalled_and_withdrawn(city: Recalled) -> None:
    city.deliver("visits", {"a": 1, "b": 3}, FIRST)
    city.deliver("people", {"a": 1}, FIRST)
    city.run()
    first = told(city)
    assert {name: one["value"] for name, one in first.items()} == {
        "entries": 2.0, "amounts": 4.0, "nothing": None, "mean_amount": 2.0, "by_nothing": None,
    }  # fmt: skip
    assert first["nothing"]["why"] == "there is nothing to sum"
    assert (first["by_nothing"]["state"], first["by_nothing"]["why"]) == (
        "undefined", "it divides by zero: entries - entries",
    )  # fmt: skip
    assert first["entries"]["sources"] == ["bureau.visits"]

    # The same day, once more: what was said of it is amended, and what it was made of beside it.
    city.deliver("visits", {"c": 5}, FIRST, part="2")
    outcome = city.run()
    late = city.tell("indicators", "entries")
    assert (late["value"], late["state"], late["revision"]) == (3.0, "amended", 2)
    batch = outcome.batch("visits", FIRST)
    [because] = late["revisions"][1]["because"]
    assert (because["dataset"], because["batch"], because["change"]) == ("bureau.visits", batch, "came")
    assert [one["value"] for one in late["revisions"]] == [2.0, 3.0]

    city.deliver("visits", {"d": 7}, SECOND)
    second = city.run().batch("visits", SECOND)
    assert told(city)["entries"]["window"]["start"] == SECOND
    city.recall(second)
    seen = told(city)["entries"]
    assert (seen["state"], seen["late"]) == ("recalled", ["bureau.visits"])
    city.run()
    after = told(city)["entries"]
    assert (after["value"], after["window"]["start"], after["state"]) == (3.0, FIRST, "amended")
    windows = city.tell("indicators", "entries")["windows"]
    assert [(one["start"], one["state"]) for one in windows] == [(FIRST, "value"), (SECOND, "withdrawn")]
    assert city.audited() == []


def test_a_source_that_does_not_come_makes_stale(city: Recalled) -> None:
    later = Recalled(city.place, "2026-12-21T10:00:00+08:00")
    entries = told(later)["entries"]
    assert (entries["state"], entries["late"], entries["value"]) == ("stale", ["bureau.visits"], 3.0)
    assert "bureau.visits" in entries["next"]


def test_what_is_too_sensitive_is_withheld_from_then_on(city: Recalled) -> None:
    contract = city.place / "contracts" / "departments" / "bureau" / "visits.yml"
    text = contract.read_text("utf-8")
    contract.write_text(text.replace("businessName: 数量,", "businessName: 数量, classification: L3,"), "utf-8")
    city.tell("sync")
    city.run()
    amounts = told(city)["amounts"]
    assert (amounts["state"], amounts["value"], amounts["sensitivity"]) == ("withheld", None, "L3")
    assert "L1 is the highest declared" in amounts["why"]
    contract.write_text(text, "utf-8")


def test_a_model_that_breaks_makes_failed_and_says_which(city: Recalled) -> None:
    model = next((city.place / "dbt_project" / "models").rglob("kept.sql"))
    text = model.read_text("utf-8")
    model.write_text("select id, nothing_like_it from {{ ref('stg_bureau__visits') }}", "utf-8")
    city.run()
    one = told(city)["entries"]
    assert (one["state"], one["value"]) == ("failed", 3.0)
    assert "kept" in one["why"]
    model.write_text(text, "utf-8")
    city.run()
    assert told(city)["entries"]["state"] == "amended"


def test_backups_have_the_values(city: Recalled, tmp_path: Path) -> None:
    city.tell("backup", str(tmp_path / "kept"))
    restored = Recalled(city.place, state=tmp_path / "state")
    restored.say("restore", str(tmp_path / "kept"))
    kept = [_rows(store_path(state)) for state in (city.place / ".zhongtai", tmp_path / "state")]
    assert kept[0] == kept[1] and kept[0]


def _rows(path: Path) -> list[Any]:
    with closing(sqlite3.connect(path)) as store:
        return store.execute("select * from value order by indicator, place, start, revision").fetchall()
