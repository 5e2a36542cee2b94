"""Whatever has left can be named and recalled, and what is good of it comes back: scenarios on a small city.

Each begins as a copy of a city that was run once, its state at another place than it was made at.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.recalled.city import PRODUCTS, Recalled, found_city

FIRST, SECOND, THIRD = "2026-11-17", "2026-11-18", "2026-11-19"


@pytest.fixture(scope="module")
def well(tmp_path_factory: pytest.TempPathFactory) -> Recalled:
    """The city after its first run: two deliveries of each dataset, and all products released."""
    city = found_city(tmp_path_factory.mktemp("recalled") / "city", fresh=5)
    city.deliver("visits", {"a": 1, "b": 2}, FIRST)
    city.deliver("visits", {"c": 3}, SECOND)
    city.deliver("lots", {"a": 1, "b": 2}, FIRST)
    city.deliver("lots", {"a": 5, "d": 6}, SECOND)
    city.deliver("people", {"a": 1, "b": 2, "c": 7}, FIRST)
    city.deliver("people", {"b": 3}, SECOND)
    assert city.run().released == set(PRODUCTS)
    return city


@pytest.fixture
def city(well: Recalled, tmp_path: Path) -> Iterator[Recalled]:
    shutil.copytree(well.place, tmp_path / "city", symlinks=True)
    yield replace(well, place=tmp_path / "city")


def test_a_recalled_batchs_rows_leave_every_table_and_the_rest_is_released_again(city: Recalled) -> None:
    bad = city.status().batch("visits", FIRST)
    gone = city.recall(bad)
    assert {row["agreement"] for row in gone["releases"]} == {"archive__visits", "archive__joined", "archive__kept"}
    assert set(city.releases()) == {"lots", "people"}
    after = city.run()
    assert after.released == set(PRODUCTS)
    # The last is of a table that is only ever added to.
    assert [city.rows(name) for name in ("visits", "joined", "kept")] == [{"c": 3}, {"c": 7}, {"c": 3}]
    assert all(bad not in row["batches"] for row in city.releases().values())
    assert after.state("visits", bad)[0] == "recalled"
    assert city.audited() == []
    city.deliver("visits", {"a": 8, "b": 9}, THIRD)
    assert city.run().released == set(PRODUCTS)
    assert city.rows("kept") == {"a": 8, "b": 9, "c": 3}


def test_another_file_at_the_path_of_a_recalled_batch_is_another_batch(city: Recalled) -> None:
    bad = city.status().batch("visits", FIRST)
    city.recall(bad)
    city.deliver("visits", {"x": 1}, FIRST)
    after = city.run()
    good = after.batch("visits", FIRST)
    assert good != bad
    assert after.released == set(PRODUCTS)
    assert city.rows("visits") == {"x": 1, "c": 3}
    served = city.releases()["visits"]["batches"]
    assert good in served and bad not in served
    assert city.audited() == []


def test_a_path_overwritten_without_a_recall_names_every_batch_of_which_there_are_rows(city: Recalled) -> None:
    old = city.status().batch("people", FIRST)
    city.deliver("people", {"z": 9}, FIRST)
    assert "people" in city.run().released
    assert city.rows("people") == {"a": 1, "b": 3, "c": 7, "z": 9}
    served = city.releases()["people"]
    assert old in served["batches"]
    assert city.audited() == []
    assert served["release_id"] in {row["release_id"] for row in city.recall(old)["releases"]}
    assert "people" in city.run().released
    assert city.rows("people") == {"b": 3, "z": 9}
    assert city.audited() == []


def test_recalling_a_superseded_snapshot_blocks_nothing(city: Recalled) -> None:
    old = city.status().batch("lots", FIRST)
    city.recall(old)
    assert "lots" in city.run().released
    assert city.rows("lots") == {"a": 5, "d": 6}


def test_recalling_the_newest_snapshot_brings_back_the_one_before(city: Recalled) -> None:
    city.recall(city.status().batch("lots", SECOND))
    assert "lots" in city.run().released
    assert city.rows("lots") == {"a": 1, "b": 2}


def test_recalling_the_newest_update_brings_back_the_value_before(city: Recalled) -> None:
    city.recall(city.status().batch("people", SECOND))
    assert {"people", "joined"} <= city.run().released
    assert city.rows("people") == {"a": 1, "b": 2, "c": 7}
    assert city.rows("joined") == {"a": 1, "b": 2, "c": 7}


def test_good_bytes_delivered_again_after_a_bad_snapshot_are_current(city: Recalled) -> None:
    bad = city.status().batch("lots", SECOND)
    city.recall(bad)
    city.deliver("lots", {"a": 1, "b": 2}, THIRD)
    after = city.run()
    assert "lots" in after.released
    assert city.rows("lots") == {"a": 1, "b": 2}
    assert city.audited() == []


def test_recalled_bytes_stay_recalled_wherever_they_are_delivered(city: Recalled) -> None:
    bad = city.status().batch("visits", FIRST)
    city.recall(bad)
    city.run()
    city.deliver("visits", {"a": 1, "b": 2}, THIRD)
    city.deliver("visits", {"d": 4}, THIRD, "_more")
    after = city.run()
    state, message = after.state("visits", bad)
    assert state == "recalled" and "corrected" in message
    assert city.rows("visits") == {"c": 3, "d": 4}
    assert city.audited() == []


def test_a_corrected_snapshot_of_the_same_day_is_no_second_file_of_it(city: Recalled) -> None:
    city.recall(city.status().batch("lots", SECOND))
    city.deliver("lots", {"e": 1}, SECOND, "_corrected")
    assert "lots" in city.run().released
    assert city.rows("lots") == {"e": 1}


def test_identical_bytes_under_a_new_day_are_a_fresh_delivery(city: Recalled) -> None:
    later = replace(city, now="2026-12-15T10:00:00+08:00")
    assert "working days old" in later.run().why("visits")
    for dataset, rows in (("visits", {"c": 3}), ("lots", {"a": 5, "d": 6}), ("people", {"b": 3})):
        later.deliver(dataset, rows, "2026-12-14")
    assert later.run().released == set(PRODUCTS)
    assert later.rows("visits") == {"a": 1, "b": 2, "c": 3}
    assert later.audited() == []


def test_what_was_not_made_again_since_a_recall_does_not_leave(city: Recalled) -> None:
    bad = city.status().batch("visits", FIRST)
    city.recall(bad)
    found = city.tell("run", "--select", "key:release/archive__kept")
    (verdict,) = found["releases"]
    assert verdict["verdict"] == "withheld"
    assert bad in "".join(one["message"] for one in verdict["violations"])
    assert "kept" not in city.releases()
