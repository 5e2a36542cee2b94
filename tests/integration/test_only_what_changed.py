"""A run does again what the change of its inputs asks for, and no more; what it leaves is what a full run makes."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lake.attach import open_lake
from lake.lake_files import known_files
from lake.made import read_made
from lake.settings import Settings, load_settings
from lake.table_states import table_states
from lake.versions import Versions
from sharing.ledger import Ledger
from tests.recalled.city import PRODUCTS, SECOND, THIRD, Recalled, run_once

NOTHING = "nothing has changed"
# Theme tables that follow `visits` row by row: beside what else may change, and by way of another that does.
GROWING = {
    "grown": "select v.id, v.amount, p.amount as held, v._batch from {{ ref('stg_bureau__visits') }} as v "
    "left join {{ ref('stg_bureau__people') }} as p on p.id = v.id",
    "regrown": "select id, amount * 2 as amount, held, _batch from {{ ref('grown') }} where amount > 1",
    "single": "select id, amount, cast(null as bigint) as held, _batch from {{ ref('stg_bureau__visits') }}",
}
_PROPERTIES = """
version: 2
models:
  - name: {name}
    description: {name}
    columns:
      - {{name: id, data_type: varchar}}
      - {{name: amount, data_type: bigint}}
      - {{name: held, data_type: bigint}}
      - {{name: _batch, data_type: varchar}}
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Recalled:
    """The city after its first runs, with tables that grow and enough rows that it is worth while."""
    city = run_once(tmp_path_factory.mktemp("ran") / "city")
    for name, text in GROWING.items():
        city.write(f"{text}\n", "dbt_project", "models", "domains", "records", f"{name}.sql")
        city.write(_PROPERTIES.format(name=name), "dbt_project", "models", "domains", "records", f"{name}.yml")
    city.deliver("visits", {f"x{number}": number for number in range(40)}, "2026-11-10")
    assert city.run().released == set(PRODUCTS)
    return city


@pytest.fixture
def city(ran: Recalled, tmp_path: Path) -> Recalled:
    """A copy of it, in which all stands: a copied delivery is another file, that holds what it held."""
    shutil.copytree(ran.place, tmp_path / "city", symlinks=True)
    copy = Recalled(tmp_path / "city")
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


def ways(city: Recalled) -> dict[str, str]:
    """Table that may grow -> how it was made last."""
    tables = read_made(settings_of(city)).tables
    return {name: tables[f"theme.{name}"].how for name in GROWING}


def entries(city: Recalled) -> list[str]:
    with Ledger.read(settings_of(city).ledger) as ledger:
        return [entry.kind for entry in ledger.entries()]


def planned(city: Recalled) -> dict[str, set[str]]:
    """What a run would do: datasets, tables and products."""
    found = city.tell("run", "--plan")
    return {kind: {row[kind.removesuffix("s")] for row in found[kind]} for kind in ("datasets", "tables", "agreements")}


def _leaves_all(city: Recalled) -> dict[str, Any]:
    found = city.tell("run")
    assert any(note.startswith(NOTHING) for note in found["notes"]), found["notes"]
    return found


@pytest.mark.attack
def test_a_run_costs_what_changed(city: Recalled) -> None:
    before, told, first = states(city), entries(city), city.tell("status")
    again = _leaves_all(city)
    assert (states(city), entries(city)[len(told) :]) == (before, ["run"])
    assert [again[name] for name in ("checks", "datasets")] == [first[name] for name in ("checks", "datasets")]
    assert [row["verdict"] for row in again["releases"]] == ["released"] * len(PRODUCTS)

    city.deliver("visits", {"e": 9}, THIRD)
    whys = {row["table"]: row["why"] for row in city.tell("run", "--plan")["tables"]}
    assert whys["theme.regrown"] == "unless theme.grown turns out as it was; it follows that by batch"
    wanted = planned(city)
    assert wanted["datasets"] == {"bureau.visits"}
    assert wanted["agreements"] == {"archive__visits", "archive__joined", "archive__kept"}
    city.run()
    changed = {name for name, state in states(city).items() if before.get(name) != state}
    assert set(ways(city).values()) == {"extended by 1 batches, 0 left"}
    assert changed <= wanted["tables"] | {"store.bureau__visits", "raw.bureau__visits", "quarantine.bureau__visits"}
    assert {"product.p_visits", "product.p_joined", "product.p_kept", "theme.kept"} <= changed
    assert city.rows("visits")["e"] == 9 and city.rows("lots") == {"a": 5, "d": 6}

    # What somebody else wrote into the lake is made again.
    held = content(city)
    with open_lake(settings_of(city)) as connection:
        connection.execute("delete from lake.product.p_lots where id = 'a'")
    assert planned(city) == {"datasets": set(), "tables": {"product.p_lots"}, "agreements": {"archive__lots"}}
    city.run()
    assert content(city) == held

    # A release that lost a file is told of.
    released = Path(city.releases()["visits"]["path"]) / "part-0.parquet"
    released.parent.chmod(0o700)
    released.unlink()
    assert planned(city)["agreements"] == {"archive__visits"}
    assert "is there and is damaged" in city.run().why("visits")
    assert city.run().released == set(PRODUCTS) - {"visits"}

    record = settings_of(city).state / "made.json"
    whole = record.read_bytes()
    for text in (b"", b"{}", b'{"kind": 1, "digest": "0"}', whole.replace(b"0", b"1")):
        record.write_bytes(text)
        assert len(planned(city)["agreements"]) == len(PRODUCTS), text[:30]
    record.write_bytes(whole)
    assert any("it went back" in note for note in replace(city, now="2026-11-20T10:00:00+08:00").tell("run")["notes"])

    # A table that lost one is made again.
    live, held = known_files(settings_of(city)), content(city)
    (settings_of(city).lake_data / next(name for name in live if name.startswith("product/p_people/"))).unlink()
    assert planned(city)["tables"] == {"product.p_people"}
    city.run()
    assert content(city) == held


@pytest.mark.attack
def test_what_the_day_and_persons_decide_is_judged_every_time(city: Recalled) -> None:
    before = states(city)
    path = next((city.place / "dbt_project").rglob("p_lots.sql"))
    path.write_text(path.read_text("utf-8").replace("select id, amount", "select id, amount + 1 as amount"), "utf-8")
    assert planned(city) == {"datasets": set(), "tables": {"product.p_lots"}, "agreements": {"archive__lots"}}
    # Those who approved the product have not seen this SQL: it is made, and may not leave.
    assert city.run().released == set(PRODUCTS) - {"lots"}
    assert {name for name, state in states(city).items() if before.get(name) != state} == {"product.p_lots"}
    before = states(city)
    city.tell("stop", "archive__people", "--why", "wrong", "--as", "data-office@bureau.example")
    assert city.run().released == set(PRODUCTS) - {"lots", "people"}
    assert replace(city, now="2026-12-05T10:00:00+08:00").run().released == set()
    gone = replace(city, now="2028-01-05T10:00:00+08:00")
    assert "released" not in {row["verdict"] for row in gone.tell("run")["releases"]}
    assert not city.releases() and states(city) == before


HISTORY = ["visits late", "lots late", "visits corrected", "recall visits"]


@pytest.mark.attack
def test_runs_by_what_changed_come_to_what_a_full_run_makes(city: Recalled) -> None:
    after_history(city, HISTORY[:-1])
    _take(city, HISTORY[-1], "", 0)
    assert planned(city)["datasets"] == {"bureau.visits"}
    city.run()
    # What stood at the path before counts again; two others have a row of a key of theirs.
    assert ways(city) == dict.fromkeys(GROWING, "extended by 1 batches, 1 left, 2 beside them")
    found = content(city)
    city.tell("run", "--full")
    assert content(city) == found


def after_history(city: Recalled, history: Sequence[str]) -> None:
    """The city after a history: each step is followed by a run."""
    days = iter(("2026-11-20", "2026-11-16", "2026-11-15", "2026-11-21", "2026-11-14", "2026-11-13", "2026-11-12"))
    for number, step in enumerate(history):
        _take(city, step, next(days), number)
        city.run()


def _take(city: Recalled, step: str, day: str, number: int) -> None:
    word, _, how = step.partition(" ")
    if word == "recall":
        city.recall(city.status().batch(how, SECOND))
        return
    at = {"late": "2026-11-0" + str(number + 1), "again": SECOND, "corrected": SECOND}.get(how, day)
    rows = {"c": 3} if how == "again" else {"a": number, "n" + str(number): 7}
    city.deliver(word, rows, at)
