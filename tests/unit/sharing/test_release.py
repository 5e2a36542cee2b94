"""A release is immutable, switched to in one step, and never half there."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from contracts.evidence import GATE_NAMES
from contracts.violation import Outcome, Verdict, Violation
from sharing import durable
from sharing.candidate import read_schema
from sharing.certificate import build_statement, sign_statement
from sharing.faults import SharingRefused
from sharing.release import current_release, find_public_key, list_releases, publish, withdraw
from sharing.tombstones import Reason
from sharing.trust import verify_trusted
from sharing.verify import verify_release
from tests.unit.gates import cases
from tests.unit.sharing.conftest import City

NAME = cases.agreement().name
STEPS = (
    "make_folder",
    "copy_file",
    "write_file",
    "place_folder",
    "seal_files",
    "seal_folder",
    "remove_file",
    "remove_folder",
    "seal_away",
)


def files_below(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_release_holds_the_rows_and_a_certificate_that_verifies(city: City) -> None:
    release = city.publish()
    assert sum(pq.read_metadata(path).num_rows for path in release.path.glob("*.parquet")) == 20
    assert sorted(path.name for path in release.path.iterdir()) == [
        "certificate.json",
        "part-0.parquet",
        "part-1.parquet",
    ]
    assert verify_release(release.path, find_public_key(city.releases, release.path), cases.NOW) == []
    assert current_release(city.releases, NAME) == release


def test_nothing_in_a_release_can_be_written(city: City) -> None:
    release = city.publish()
    for path in (release.path, *release.path.iterdir()):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o222


def test_the_same_content_again_releases_nothing_new(city: City) -> None:
    first = city.publish()
    before = files_below(city.releases)
    assert city.publish() == first
    assert files_below(city.releases) == before


def test_other_content_or_another_agreement_is_another_release(city: City) -> None:
    first = city.publish()
    second = city.publish(range(81, 101))
    third = city.publish(range(81, 101), replace(cases.agreement(), scope="fewer"))
    assert len({first.release_id, second.release_id, third.release_id}) == 3
    states = {release.release_id: release.state for release in list_releases(city.releases)}
    assert states == {first.release_id: "superseded", second.release_id: "superseded", third.release_id: "current"}


def test_content_that_comes_back_is_the_release_it_was(city: City) -> None:
    first = city.publish()
    city.publish(range(60, 70))
    assert city.publish() == first
    assert current_release(city.releases, NAME) == first


def steps_of(city: City, monkeypatch: pytest.MonkeyPatch, crash_at: int | None, after: bool) -> list[str]:
    """Wrap every durable step so that the one numbered `crash_at` dies, before or after its work."""
    taken: list[str] = []

    def wrap(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            taken.append(name)
            crash = len(taken) - 1 == crash_at
            if crash and not after:
                raise KeyboardInterrupt(name)
            result = step(*arguments)
            if crash:
                raise KeyboardInterrupt(name)
            return result

        return run

    for name in STEPS:
        monkeypatch.setattr(durable, name, wrap(name, getattr(durable, name)))
    return taken


def test_every_step_is_forced_to_the_disk(city: City, synced: list[int]) -> None:
    city.publish()
    synced.clear()
    city.publish(range(60, 70))
    # Two files, the certificate and the switch; and the folder of each thing that was made, written or renamed.
    assert len(synced) == 2 + 2 * 2 + 2 + 2


def test_a_publish_takes_these_steps_in_this_order(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    city.publish()
    taken = steps_of(city, monkeypatch, None, after=False)
    city.publish(range(60, 70))
    assert " ".join(taken) == (
        "make_folder remove_folder make_folder copy_file copy_file write_file seal_files "
        "place_folder seal_folder write_file"
    )


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("crash_at", range(10))
def test_a_crash_at_any_step_leaves_the_last_release_and_the_next_publish_completes(
    city: City, monkeypatch: pytest.MonkeyPatch, crash_at: int, after: bool
) -> None:
    first = city.publish()
    with monkeypatch.context() as patched:
        taken = steps_of(city, patched, crash_at, after)
        with pytest.raises(KeyboardInterrupt):
            city.publish(range(60, 70))
        assert len(taken) == crash_at + 1
    standing = current_release(city.releases, NAME)
    assert standing is not None
    switched = crash_at == 9 and after
    assert (standing == first) != switched
    for release in list_releases(city.releases):
        assert verify_release(release.path, city.signer.public, cases.NOW) == []
    second = city.publish(range(60, 70))
    assert current_release(city.releases, NAME) == second
    assert not [path for path in (city.releases / NAME).iterdir() if path.name.endswith(".draft") and path.is_dir()]
    assert verify_release(second.path, city.signer.public, cases.NOW) == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("crash_at", range(4))
def test_a_crash_while_withdrawing_never_serves_again_what_has_a_tombstone(
    city: City, monkeypatch: pytest.MonkeyPatch, crash_at: int, after: bool
) -> None:
    release = city.publish()
    with monkeypatch.context() as patched:
        steps_of(city, patched, crash_at, after)
        with pytest.raises(KeyboardInterrupt):
            withdraw(city.releases, NAME, "revoked", cases.NOW)
    # The first step makes sure that the agreement's folder is there.
    assert (current_release(city.releases, NAME) is None) == ((crash_at, after) > (1, False))
    gone = withdraw(city.releases, NAME, "revoked", cases.NOW, release.release_id)
    assert current_release(city.releases, NAME) is None
    assert list_releases(city.releases) == [gone]
    assert not release.path.exists()


def test_a_withdrawn_release_is_not_served_and_is_its_owners_alone(city: City) -> None:
    release = city.publish()
    gone = withdraw(city.releases, NAME, "revoked", cases.NOW)
    assert gone == replace(release, state="withdrawn", path=gone.path if gone else release.path)
    assert current_release(city.releases, NAME) is None
    assert list_releases(city.releases, NAME) == [gone]
    assert gone is not None and gone.as_dict()["verdict"] == "withdrawn"
    assert not release.path.exists()
    for path in (gone.path.parent.parent, gone.path.parent, gone.path, *gone.path.iterdir()):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077
    rules = [fault.rule for fault in verify_release(gone.path, city.signer.public, cases.NOW)]
    assert rules == ["not_withdrawn"]
    assert [fault.rule for fault in verify_trusted(release.path, None, cases.NOW)[0]] == ["not_withdrawn"]
    found, told = verify_trusted(gone.path, city.signer.public, cases.NOW)
    assert ([fault.rule for fault in found], told["current"]) == (["not_withdrawn"], False)


def test_content_that_was_withdrawn_comes_back_as_another_release_that_says_so(city: City) -> None:
    found = [city.publish()]
    for _ in range(2):
        withdraw(city.releases, NAME, "revoked", cases.NOW)
        found.append(city.publish())
    assert len({one.release_id for one in found}) == 3
    assert [one.statement.predicate.again for one in found if one.statement] == [0, 1, 2]
    assert current_release(city.releases, NAME) == found[-1]
    assert verify_release(found[-1].path, city.signer.public, cases.NOW) == []
    assert [one.state for one in list_releases(city.releases)].count("withdrawn") == 2
    # The tombstone is what counts, also when somebody clears the folders away.
    shutil.rmtree(city.releases / ".withdrawn")
    withdraw(city.releases, NAME, "revoked", cases.NOW)
    assert city.publish().release_id not in {one.release_id for one in found}


def test_a_release_that_says_another_number_than_it_is_does_not_hold(city: City) -> None:
    folder = city.export(range(80, 100))
    inputs = replace(city.inputs(folder, cases.agreement()), again=1)
    schema = read_schema(tuple(sorted(folder.glob("*.parquet"))))
    statement = build_statement(cases.agreement(), inputs, schema, cases.NOW)
    said = statement.model_copy(update={"predicate": statement.predicate.model_copy(update={"again": 0})})
    for one, rules in ((statement, []), (said, ["release_id"])):
        (folder / "certificate.json").write_bytes(sign_statement(one, city.signer))
        assert [fault.rule for fault in verify_release(folder, city.signer.public, cases.NOW)] == rules


def test_a_withdrawn_folder_that_was_put_back_is_sealed_away_beside_the_true_one(city: City) -> None:
    release = city.publish()
    gone = withdraw(city.releases, NAME, "revoked", cases.NOW)
    assert gone is not None
    for _ in range(2):
        release.path.mkdir()
        (release.path / "other").write_text("put back")
        assert withdraw(city.releases, NAME, "revoked", cases.NOW, release.release_id) == gone
        assert not release.path.exists()
        assert list_releases(city.releases) == [gone]


def test_content_with_a_batch_that_a_tombstone_names_is_not_published(city: City) -> None:
    release = city.publish()
    withdraw(city.releases, NAME, Reason("wrong", batch="b1"), cases.NOW, release.release_id)
    with pytest.raises(SharingRefused) as refused:
        city.publish(range(60, 70))
    assert (refused.value.rule, bool(refused.value.fix)) == ("batch_not_recalled", True)
    assert city.publish(range(60, 70), sources=(cases.source(batches=("b2",)),)).state == "current"


def test_a_folder_of_somebody_elses_is_no_agreements(city: City) -> None:
    release = city.publish()
    (city.releases / "lost and found" / "x").mkdir(parents=True)
    assert list_releases(city.releases) == [release]


def test_withdrawing_nothing_is_nothing(city: City) -> None:
    assert withdraw(city.releases, NAME, "revoked", cases.NOW) is None
    assert list_releases(city.releases) == []
    assert current_release(city.releases, NAME) is None


def test_an_expired_release_is_not_served(city: City) -> None:
    release = city.publish()
    assert current_release(city.releases, NAME, date(2026, 12, 31)) == release
    assert current_release(city.releases, NAME, date(2027, 1, 1)) is None


WITHHELD = Verdict(NAME, cases.agreement().product, Outcome.WITHHELD, (Violation("expiry", "r", "s", "m", "f"),))


@pytest.mark.parametrize(
    "changes, rule",
    [
        ({"verdict": WITHHELD}, "verdict"),
        ({"verdict": replace(WITHHELD, outcome=Outcome.RELEASED)}, "verdict"),
        ({"verdict": Verdict("other", cases.agreement().product, Outcome.RELEASED)}, "verdict"),
        ({"gates": GATE_NAMES[:-1]}, "gates"),
        ({"gates": ()}, "gates"),
    ],
)
def test_what_the_gates_did_not_release_is_not_published(city: City, changes: dict[str, Any], rule: str) -> None:
    folder = city.export(range(80, 100))
    inputs = replace(city.inputs(folder, cases.agreement()), **changes)
    with pytest.raises(SharingRefused) as refused:
        publish(city.releases, cases.agreement(), folder, inputs, city.signer, cases.NOW)
    assert refused.value.fault.rule == rule
    assert list_releases(city.releases) == []


def test_bytes_that_changed_after_judging_are_not_published(city: City) -> None:
    terms, folder = cases.agreement(), city.export(range(80, 100))
    inputs = city.inputs(folder, terms)
    city.export(range(81, 101))
    with pytest.raises(SharingRefused, match="changed after"):
        publish(city.releases, terms, folder, inputs, city.signer, cases.NOW)
    pq.write_table(pq.read_table(folder / "part-0.parquet"), folder / "part-9.parquet")
    with pytest.raises(SharingRefused, match="not those that the gates judged"):
        publish(city.releases, terms, folder, inputs, city.signer, cases.NOW)
    assert current_release(city.releases, NAME) is None


def test_evidence_with_a_hole_makes_no_certificate(city: City) -> None:
    with pytest.raises(SharingRefused, match=r"newest_delivery"):
        city.publish(sources=(cases.source(newest_delivery=None),))
    with pytest.raises(SharingRefused, match="evidence lacks"):
        city.publish(lineage=cases.lineage(columns=()))


def test_a_release_somebody_changed_is_not_switched_to(city: City) -> None:
    release = city.publish()
    city.publish(range(60, 70))
    path = release.path / "part-0.parquet"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SharingRefused, match="damaged"):
        city.publish()
    assert current_release(city.releases, NAME) != release


@pytest.mark.parametrize("content", [b"", b"{}", b'{"release_id": "../x"}', b"[1]"])
def test_a_damaged_switch_serves_nothing_and_the_next_publish_mends_it(city: City, content: bytes) -> None:
    release = city.publish()
    (city.releases / NAME / "current.json").write_bytes(content)
    assert current_release(city.releases, NAME) is None
    assert city.publish() == release
    assert current_release(city.releases, NAME) == release


@pytest.mark.parametrize("name", ["", "../x", "a/b", "keys", ".hidden"])
def test_an_agreement_name_cannot_lead_out_of_the_releases(city: City, name: str) -> None:
    with pytest.raises(SharingRefused, match="not the name of an agreement"):
        current_release(city.releases, name)


def test_the_record_of_a_release_is_json_ready_and_says_who_got_what(city: City) -> None:
    record = city.publish().as_dict()
    assert {"agreement", "product", "recipient", "release_id", "path", "rows", "verdict", "at"} <= record.keys()
    assert (record["recipient"], record["rows"], record["batches"]) == ("civil_affairs", 20, ["b1", "b2"])
