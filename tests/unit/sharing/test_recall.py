"""Whatever a bad batch reached can be named, and is withdrawn."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sharing.faults import SharingRefused
from sharing.ledger import Ledger
from sharing.notices import find_notice, issue_notice, notices, open_notices, read_notice
from sharing.recall import find_batch, reached, recall, recalled_batches, release_entry
from sharing.release import Release, current_release, list_releases, withdraw
from sharing.tombstones import Reason, read_tombstone, tombstone, tombstones
from sharing.withdrawal import Books, settle_withdrawn, tombstone_faults, withdraw_again
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


def test_a_release_whose_folder_is_gone_is_named_and_withdrawn_too(city: City, ledger: Ledger) -> None:
    release = publish(city, ledger, range(60, 70), "b1")
    release.path.chmod(0o755)
    shutil.rmtree(release.path)
    done = recall(ledger, city.releases, "b1", "wrong", cases.NOW, city.signer)
    assert [one.release_id for one in done.releases] == [release.release_id]
    assert done.recipients == ("civil_affairs",)
    assert [one.release_id for one in tombstones(city.releases)] == [release.release_id]
    assert [one.recipient for one in notices(city.releases)] == ["civil_affairs"]


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_recall_without_a_reason_is_refused(city: City, ledger: Ledger, reason: str) -> None:
    release = publish(city, ledger, range(60, 70), "b1")
    with pytest.raises(SharingRefused, match="reason"):
        recall(ledger, city.releases, "b1", reason, cases.NOW)
    assert current_release(city.releases, release.agreement) == release


def test_a_batch_is_found_by_how_its_id_begins_if_no_other_begins_so(city: City, ledger: Ledger) -> None:
    publish(city, ledger, range(60, 70), "abcd1", "abcd2")
    ledger.append("batch", {"dataset": cases.RESIDENTS, "batch": "abce9"}, cases.NOW)
    assert find_batch(ledger, city.releases, "abce") == "abce9"
    assert find_batch(ledger, city.releases, "abcd1") == "abcd1"
    for begin, said in (("abcd", "abcd1, abcd2"), ("abc", "no batch"), ("", "no batch"), ("ffff", "no batch")):
        with pytest.raises(SharingRefused, match=said):
            find_batch(ledger, city.releases, begin)


def test_what_a_tombstone_alone_says_recalls_nothing_unless_a_part_of_the_ledger_is_lost(
    city: City, ledger: Ledger
) -> None:
    release = publish(city, ledger, range(60, 70), "b1")
    withdraw(city.releases, release.agreement, Reason("wrong", "officer", "b1"), cases.NOW)
    books = Books(ledger, city.releases, city.signer)
    settle_withdrawn(books, cases.NOW)
    assert recalled_batches(ledger) == {}
    settle_withdrawn(books, cases.NOW, lost=True)
    assert recalled_batches(ledger) == {"b1": "wrong"}


def test_a_tombstone_that_says_otherwise_than_the_ledger_is_named(city: City, ledger: Ledger) -> None:
    release = publish(city, ledger, range(60, 70), "b1")
    recall(ledger, city.releases, "b1", Reason("wrong", "officer", act="a" * 64), cases.NOW, city.signer)
    recall(ledger, city.releases, "b1", Reason("again", "officer", act="b" * 64), cases.NOW, city.signer)
    assert list(tombstone_faults(ledger, city.releases)) == []
    stone = tombstone(city.releases / release.agreement, release.release_id)
    whole = stone.read_text("utf-8")
    for changed in (whole.replace('"b1"', '"b2"'), whole.replace("a" * 64, "c" * 64), "{}", ""):
        stone.write_text(changed, "utf-8")
        (fault,) = tombstone_faults(ledger, city.releases)
        assert (fault.rule, fault.subject) == ("tombstone_changed", f"{release.agreement}/{release.release_id}")
    # As they were before there were acts.
    stone.write_text('{"agreement":"x","at":"2026-06-01T00:00:00+08:00","reason":"wrong"}', "utf-8")
    assert list(tombstone_faults(ledger, city.releases)) == []


def test_what_was_put_back_is_withdrawn_again(city: City, ledger: Ledger, tmp_path: Path) -> None:
    bad, good = publish(city, ledger, range(60, 70), "b1"), publish(city, ledger, range(60, 90), "b2")
    shutil.copytree(city.releases, tmp_path / "kept", symlinks=True)
    recall(ledger, city.releases, "b1", Reason("wrong", "officer"), cases.NOW, city.signer)
    for folder in (path for path in city.releases.rglob("*") if path.is_dir()):
        folder.chmod(0o700)
    shutil.rmtree(city.releases)
    shutil.copytree(tmp_path / "kept", city.releases)
    books = Books(ledger, city.releases, city.signer)
    assert {one.release_id: one.state for one in list_releases(city.releases)}[bad.release_id] != "withdrawn"
    for _ in range(2):
        withdraw_again(books, cases.NOW)
        states = {one.release_id: one.state for one in list_releases(city.releases)}
        assert states == {bad.release_id: "withdrawn", good.release_id: "current"}
        assert len(list(ledger.entries("withdrawal"))) == 1
    stone = read_tombstone(tombstone(city.releases / bad.agreement, bad.release_id))
    assert (stone.batch, stone.by) == ("b1", "officer")


def test_a_release_of_a_recalled_batch_that_a_crash_left_is_withdrawn(city: City, ledger: Ledger) -> None:
    release = publish(city, ledger, range(60, 70), "b1")
    ledger.append("recall", {"batch": "b1", "reason": "wrong", "by": "officer"}, cases.NOW)
    withdraw_again(Books(ledger, city.releases, city.signer), cases.NOW)
    (entry,) = ledger.entries("withdrawal")
    assert (entry.body["release_id"], entry.body["batch"], entry.body["by"]) == (release.release_id, "b1", "officer")
    assert current_release(city.releases, release.agreement) is None


def test_what_a_crash_left_undone_is_finished(city: City, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    release = publish(city, ledger, range(60, 70), "b1")
    with monkeypatch.context() as patched:
        patched.setattr("sharing.durable.seal_away", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            recall(ledger, city.releases, "b1", Reason("wrong", "officer"), cases.NOW, city.signer)
    assert release.path.exists() and list(ledger.entries("withdrawal")) == []
    for _ in range(2):
        settle_withdrawn(Books(ledger, city.releases, city.signer), cases.NOW)
        (entry,) = ledger.entries("withdrawal")
        assert (entry.body["by"], entry.body["batch"]) == ("officer", "b1")
        assert [one.notice for one in notices(city.releases)] == [entry.body["notice"]]
        assert not release.path.exists()


def test_a_notice_is_signed_told_once_and_open_until_it_is_acknowledged(city: City, ledger: Ledger) -> None:
    release = publish(city, ledger, range(60, 70), "b1")
    for moment in (cases.NOW, cases.NOW + timedelta(days=1)):
        recall(ledger, city.releases, "b1", Reason("wrong", "officer"), moment, city.signer)
    (told,) = notices(city.releases, "civil_affairs")
    assert read_notice(told.path, city.signer.public) == told
    facts = (told.release_id, told.batches, told.by, told.since, told.product)
    assert facts == (release.release_id, ("b1",), "officer", cases.NOW, cases.agreement().product)
    assert list(notices(city.releases, "taxation")) == []
    assert find_notice(city.releases, told.notice[:6]) == told
    assert [one["notice"] for one in open_notices(ledger)] == [told.notice]
    ledger.append("acknowledgement", {"notice": told.notice}, cases.NOW)
    assert open_notices(ledger) == []
    told.path.write_bytes(told.path.read_bytes()[:-9] + b"}\n")
    with pytest.raises(SharingRefused):
        read_notice(told.path, city.signer.public)
    assert list(notices(city.releases)) == []


@pytest.mark.parametrize("name", ["../x", "", "a/b"])
def test_a_recipients_name_cannot_lead_out_of_the_notices(city: City, name: str) -> None:
    gone = replace(city.publish(), state="withdrawn")
    with pytest.raises(SharingRefused, match="agency"):
        issue_notice(city.releases, gone, name, (Reason("wrong"), cases.NOW), city.signer)
