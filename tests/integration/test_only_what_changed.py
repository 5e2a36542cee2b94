"""A run does again what the change of its inputs asks for, and no more; what it leaves is what a full run makes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lake.attach import open_lake
from lake.settings import Settings, load_settings
from lake.table_states import table_states
from lake.versions import Versions
from sharing.ledger import Ledger
from tests.recalled.city import PRODUCTS, SECOND, THIRD, Recalled, run_once

NOTHING = "nothing has changed"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Recalled:
    """The city after two runs, of which the second had nothing to do."""
    city = run_once(tmp_path_factory.mktemp("ran") / "city")
    _leaves_all(city)
    return city


@pytest.fixture
def city(ran: Recalled, tmp_path: Path) -> Recalled:
    """A copy of it."""
    shutil.copytree(ran.place, tmp_path / "city", symlinks=True)
    copy = Recalled(tmp_path / "city")
    # A copied delivery is another file; it holds what it held.
    assert copy.run().released == set(PRODUCTS)
    return copy


def settings_of(city: Recalled) -> Settings:
    return load_settings(city.place, {"ZHONGTAI_NOW": city.now})


def states(city: Recalled) -> dict[str, str]:
    """Table -> its physical state."""
    with open_lake(settings_of(city), read_only=True) as connection:
        return {name: state for name, state in table_states(connection).items() if not name.startswith("meta.")}


def content(city: Recalled) -> dict[str, str]:
    """Table that models make -> the version of its content."""
    with open_lake(settings_of(city), read_only=True) as connection:
        wanted = [name for name in table_states(connection) if name.startswith(("theme.", "product."))]
        return Versions(connection).of(wanted)


def entries(city: Recalled) -> list[str]:
    with Ledger.read(settings_of(city).ledger) as ledger:
        return [entry.kind for entry in ledger.entries()]


def planned(city: Recalled) -> dict[str, set[str]]:
    """What a run would do: datasets, tables and products."""
    found = city.tell("run", "--plan")
    return {kind: {row[kind.removesuffix("s")] for row in found[kind]} for kind in ("datasets", "tables", "agreements")}


def _model(city: Recalled) -> Path:
    return next((city.place / "dbt_project").rglob("p_lots.sql"))


def _leaves_all(city: Recalled) -> dict[str, Any]:
    found = city.tell("run")
    assert any(note.startswith(NOTHING) for note in found["notes"]), found["notes"]
    return found


def test_nothing_new_writes_next_to_nothing_and_says_what_stands(city: Recalled) -> None:
    first = city.tell("run", "--full")
    before, told = states(city), entries(city)
    again = _leaves_all(city)
    assert states(city) == before
    assert entries(city)[len(told) :] == ["run"]
    assert [again[name] for name in ("checks", "datasets")] == [first[name] for name in ("checks", "datasets")]
    assert [row["verdict"] for row in again["releases"]] == [row["verdict"] for row in first["releases"]]
    assert planned(city) == {"datasets": set(), "tables": set(), "agreements": set()}


def test_a_delivery_costs_what_is_made_of_it(city: Recalled) -> None:
    before = states(city)
    city.deliver("visits", {"e": 9}, THIRD)
    wanted = planned(city)
    assert wanted["datasets"] == {"bureau.visits"}
    assert wanted["agreements"] == {"archive__visits", "archive__joined", "archive__kept"}
    city.run()
    changed = {name for name, state in states(city).items() if before.get(name) != state}
    assert changed <= wanted["tables"] | {"store.bureau__visits", "raw.bureau__visits", "quarantine.bureau__visits"}
    assert {"product.p_visits", "product.p_joined", "product.p_kept", "theme.kept"} <= changed
    assert city.rows("visits")["e"] == 9 and city.rows("lots") == {"a": 5, "d": 6}
    _leaves_all(city)


def test_a_model_that_changed_costs_itself_and_what_is_made_of_it(city: Recalled) -> None:
    before = states(city)
    path = _model(city)
    path.write_text(path.read_text("utf-8").replace("select id, amount", "select id, amount + 1 as amount"), "utf-8")
    assert planned(city) == {"datasets": set(), "tables": {"product.p_lots"}, "agreements": {"archive__lots"}}
    # Those who approved the product have not seen this SQL: it is made, and may not leave.
    assert "lots" not in city.run().released
    assert {name for name, state in states(city).items() if before.get(name) != state} == {"product.p_lots"}
    assert "lots" not in city.run().released


def test_what_the_day_decides_is_judged_every_day(city: Recalled) -> None:
    before = states(city)
    late = replace(city, now="2026-12-05T10:00:00+08:00")
    assert late.run().released == set()
    assert states(city) == before
    gone = replace(city, now="2028-01-05T10:00:00+08:00")
    assert {row["verdict"] for row in gone.tell("run")["releases"]} == {"withdrawn"}
    assert not city.releases()


def test_a_person_who_stops_a_product_is_heard_though_nothing_else_changed(city: Recalled) -> None:
    city.tell("stop", "archive__lots", "--why", "wrong", "--as", "data-office@bureau.example")
    assert "lots" not in city.run().released
    assert "lots" not in city.run().released


def test_what_somebody_else_wrote_into_the_lake_is_made_again(city: Recalled) -> None:
    before = content(city)
    with open_lake(settings_of(city)) as connection:
        connection.execute("delete from lake.product.p_lots where id = 'a'")
    assert planned(city)["tables"] == {"product.p_lots"}
    city.run()
    assert content(city) == before


@pytest.mark.parametrize("text", [b"", b"{}", b'{"kind": 1, "digest": "0"}'])
def test_without_the_record_all_is_done_again(city: Recalled, text: bytes) -> None:
    settings_of(city).state.joinpath("made.json").write_bytes(text)
    assert len(planned(city)["agreements"]) == len(PRODUCTS)
    assert city.run().released == set(PRODUCTS)
    _leaves_all(city)


def _histories() -> Iterator[list[str]]:
    yield ["visits late", "people", "lots late", "visits again", "recall visits", "people late"]
    yield ["lots", "recall lots", "visits", "visits corrected", "recall people", "lots late", "recall visits"]


@pytest.mark.parametrize("history", list(_histories()), ids=" ".join)
def test_runs_by_what_changed_come_to_what_a_full_run_makes(city: Recalled, history: list[str]) -> None:
    days = iter(("2026-11-20", "2026-11-16", "2026-11-15", "2026-11-21", "2026-11-14", "2026-11-13", "2026-11-12"))
    for number, step in enumerate(history):
        _take(city, step, next(days), number)
        city.run()
    found = content(city)
    city.tell("run", "--full")
    assert content(city) == found
    assert {name: city.rows(name) for name in city.releases()}


def _take(city: Recalled, step: str, day: str, number: int) -> None:
    word, _, how = step.partition(" ")
    if word == "recall":
        city.recall(city.status().batch(how, SECOND))
        return
    at = {"late": "2026-11-0" + str(number + 1), "again": SECOND, "corrected": SECOND}.get(how, day)
    rows = {"c": 3} if how == "again" else {"a": number, "n" + str(number): 7}
    city.deliver(word, rows, at)
