"""Whatever a bad batch reached can be named, and is withdrawn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sharing.faults import SharingRefused
from sharing.ledger import Ledger
from sharing.recall import reached, recall, recalled_batches, release_entry
from sharing.release import Release, current_release, list_releases
from tests.unit.gates import cases
from tests.unit.sharing.conftest import City

TAX = replace(cases.agreement(), name="taxation__audit", agency="taxation")


def publish(city: City, ledger: Ledger, ages: range, *batches: str, **more: object) -> Release:
    release = city.publish(ages, sources=(cases.source(batches=batches),), **more)  # type: ignore[arg-type]
    ledger.append("release", release.as_dict(), cases.NOW)
    return release


def test_every_release_a_batch_reached_is_named_and_withdrawn(city: City, ledger: Ledger) -> None:
    old = publish(city, ledger, range(60, 70), "b1")
    new = publish(city, ledger, range(60, 71), "b1", "b2")
    other = publish(city, ledger, range(60, 70), "b2", agreement=TAX)
    done = recall(ledger, city.releases, "b1", "wrong month", cases.NOW)
    assert {release.release_id for release in done.releases} == {old.release_id, new.release_id}
    assert done.recipients == ("civil_affairs",)
    assert current_release(city.releases, old.agreement) is None
    assert current_release(city.releases, TAX.name) == other
    assert [entry.body["release_id"] for entry in ledger.entries("withdrawal")] == [
        release.release_id for release in done.releases
    ]
    assert recalled_batches(ledger) == {"b1": "wrong month"}
    assert ledger.verify() == []
    assert done.as_dict()["releases"][0]["verdict"] == "withdrawn"


def test_a_recall_can_be_repeated(city: City, ledger: Ledger) -> None:
    publish(city, ledger, range(60, 70), "b1")
    first = recall(ledger, city.releases, "b1", "wrong", cases.NOW)
    assert recall(ledger, city.releases, "b1", "wrong", cases.NOW) == first


def test_a_batch_that_the_ledger_alone_knows_of_is_found(city: City, ledger: Ledger) -> None:
    release = publish(city, ledger, range(60, 70), "b1")
    ledger.append("release", release.as_dict() | {"batches": ["b1", "b2"]}, cases.NOW)
    assert [one.release_id for one in reached(ledger, city.releases, "b2")] == [release.release_id]


def test_a_release_is_recorded_until_the_ledger_knows_all_its_batches(city: City, ledger: Ledger) -> None:
    release = city.publish(range(60, 70), sources=(cases.source(batches=("b1",)),))
    first = release_entry(ledger, release, ["b1"])
    assert first == release.as_dict()
    ledger.append("release", first, cases.NOW)
    assert release_entry(ledger, release, ["b1"]) is None
    more = release_entry(ledger, release, ["b2"])
    assert more is not None and more["batches"] == ["b1", "b2"]
    ledger.append("release", more, cases.NOW)
    assert release_entry(ledger, release, ["b1"]) is None
    assert [one.release_id for one in reached(ledger, city.releases, "b2")] == [release.release_id]


def test_a_batch_that_the_certificate_alone_knows_of_is_found(city: City, ledger: Ledger) -> None:
    release = city.publish(range(60, 70))
    assert reached(ledger, city.releases, "b1") == (release,)


def test_a_release_with_an_unreadable_certificate_counts_as_reached_unless_the_ledger_knows_better(
    city: City, ledger: Ledger, tmp_path: Path
) -> None:
    known = publish(city, ledger, range(60, 70), "b2")
    unknown = city.publish(range(60, 71))
    for release in (known, unknown):
        certificate = release.path / "certificate.json"
        certificate.chmod(0o644)
        certificate.write_bytes(b"{")
    ledger.append("batch", {"dataset": cases.RESIDENTS, "batch": "b1"}, cases.NOW)
    done = recall(ledger, city.releases, "b1", "wrong", cases.NOW)
    assert [release.release_id for release in done.releases] == [unknown.release_id]
    assert {release.release_id: release.state for release in list_releases(city.releases)} == {
        known.release_id: "damaged",
        unknown.release_id: "withdrawn",
    }


def test_an_unknown_batch_is_refused_and_a_landed_one_that_reached_nothing_is_not(city: City, ledger: Ledger) -> None:
    publish(city, ledger, range(60, 70), "b1")
    with pytest.raises(SharingRefused, match="no batch of this id"):
        recall(ledger, city.releases, "b9", "wrong", cases.NOW)
    assert list(ledger.entries("recall")) == []
    ledger.append("batch", {"dataset": cases.RESIDENTS, "batch": "b9"}, cases.NOW)
    assert recall(ledger, city.releases, "b9", "wrong", cases.NOW).releases == ()
