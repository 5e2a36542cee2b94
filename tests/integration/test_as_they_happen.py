"""Deliveries as they happen, on a whole city: half there, withdrawn by a mark, and two runs at once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lake.one_writer import one_writer
from tests.recalled.city import FIRST, SECOND, Outcome, Recalled, found_city


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Recalled:
    """The city with a delivery each; what is delivered of lots has a manifest."""
    made = found_city(tmp_path_factory.mktemp("arriving"))
    contract = made.place / "contracts/departments/bureau/lots.yml"
    text = contract.read_text("utf-8").replace(
        "format: csv}", "format: csv, customProperties: [{property: complete, value: manifest}]}"
    )
    contract.write_text(text, encoding="utf-8")
    made.write("编号,数量\na,1\nb,two\n", "deliveries", FIRST, "bureau", "people.csv")
    made.deliver("visits", {"a": 1}, FIRST)
    _whole(made, {"a": 1}, FIRST)
    return made


def _whole(city: Recalled, rows: dict[str, int], day: str) -> Path:
    """A delivery of lots, and what says that it is whole."""
    path = city.deliver("lots", rows, day)
    told = {"files": {path.name: {"size": path.stat().st_size}}}
    (path.parent / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    return path


def _waiting(outcome: Outcome) -> list[str]:
    return [row["path"] for row in outcome.summary["datasets"] if row["state"] == "waiting"]


@pytest.mark.attack
def test_what_is_not_whole_waits_what_is_taken_back_counts_for_nothing_and_the_books_agree(city: Recalled) -> None:
    late = _whole(city, {"a": 1, "b": 2}, SECOND)
    whole = late.read_bytes()
    late.write_bytes(whole[:-4])
    half = city.deliver("visits", {"b": 2}, SECOND)
    first = city.run()
    assert _waiting(first) == [f"{SECOND}/bureau/lots.csv"]
    # Nothing failed: what was released before the half came stands.
    assert {"lots", "visits", "people"} <= first.released and city.rows("lots") == {"a": 1}
    assert city.audited() == []

    late.write_bytes(whole)
    (late.parent / "manifest.json").touch()
    half.write_bytes(half.read_bytes() + b"c,3\n")
    city.deliver("people", {"b": 2}, SECOND)
    wrong = city.place / "deliveries" / FIRST / "bureau" / "visits.csv.withdrawn"
    wrong.write_text("the wrong month", encoding="utf-8")
    second = city.run()
    assert _waiting(second) == []
    before = city.tell("quarantine", "bureau.people", "--rows")
    assert [(one["rows"]) for one in before["corrected"]] == [1]
    (row,) = before["rows"]
    assert row["corrected_by"] == before["corrected"][0]["by"] != row["batch"]
    assert "corrected: 1 of batch" in city.say("quarantine", "bureau.people").out
    assert city.rows("lots") == {"a": 1, "b": 2} and city.rows("visits") == {"b": 2, "c": 3}
    (gone,) = (row for row in second.summary["datasets"] if row["state"] == "withdrawn")
    assert gone["message"].endswith("visits.csv.withdrawn says: the wrong month")
    assert city.audited() == []


def test_a_run_that_was_not_to_wait_is_told_for_whom_before_anything_is_done(city: Recalled) -> None:
    state = city.place / ".zhongtai"
    with one_writer(state):
        before = sorted(path.stat().st_mtime_ns for path in state.rglob("*"))
        said = [city.say("run", *how, "--json") for how in (["--no-wait"], ["--wait", "0.3"])]
        assert sorted(path.stat().st_mtime_ns for path in state.rglob("*")) == before
    assert [one.status for one in said] == [3, 3]
    assert "is writing to the lake" in said[0].err and "(since 20" in said[0].err
    assert "waiting for process" in said[1].err
    assert city.say("run", "--no-wait", "--wait", "1").status == 2


@pytest.mark.attack
def test_whoever_has_to_wait_says_for_whom(city: Recalled) -> None:
    with ThreadPoolExecutor(1) as beside:
        with one_writer(city.place / ".zhongtai"):
            asked = beside.submit(city.say, "quarantine", "bureau.people")
            with pytest.raises(TimeoutError):
                asked.result(2)
        assert asked.result(60).status == 0
    assert "waiting for process" in asked.result().err
