"""A past that was rewritten is found, refused before anything is written, and not forgotten until somebody resolves it.

One small city is run once; each test works on a copy of it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lake.settings import load_settings
from sharing.keyring import open_signing
from sharing.ledger import Ledger
from sharing.sealing import Limits
from sharing.segments import segments_folder
from tests.planted.city import NOW, Planted, plant

pytestmark = pytest.mark.city
HEADS = ("ledger.sqlite", "ledger.sqlite.head")


@dataclass(frozen=True)
class Copied:
    """A copy of the city, and what it says."""

    city: Planted
    environment: dict[str, str]

    @property
    def state(self) -> Path:
        return self.city.place / ".zhongtai"

    @property
    def releases(self) -> Path:
        return self.state / "releases"

    def say(self, *arguments: str) -> Any:
        return self.city.say(*arguments, **self.environment)

    def ask(self, *arguments: str) -> dict[str, Any]:
        return dict(json.loads(self.say(*arguments, "--json").out))

    def faults(self, *more: str) -> dict[str, dict[str, str]]:
        """What the audit finds, by rule and subject."""
        found = self.ask("audit", *more)
        assert found["valid"] == (not found["faults"])
        return {f"{one['rule']} {one['subject']}": one for one in found["faults"]}

    def release(self, name: str = "d0") -> dict[str, Any]:
        """The release of a dataset's product."""
        found = [one for one in self.ask("releases")["releases"] if one["agreement"] == f"archive__{name}"]
        return dict(found[0])

    def put_by(self) -> Callable[[], None]:
        """Copy the ledger with its head; what is returned puts the copies back."""
        kept = {name: (self.state / name).read_bytes() for name in HEADS}

        def back() -> None:
            for name, content in kept.items():
                (self.state / name).write_bytes(content)
            for name in ("ledger.sqlite-wal", "ledger.sqlite-shm"):
                (self.state / name).unlink(missing_ok=True)

        return back

    def resolve_all(self) -> None:
        while faults := self.faults():
            finding = next(one["finding"] for one in faults.values() if "finding" in one)
            said = self.say("resolve", finding, "--as", "mei@archive.example", "--why", "the disk is gone")
            assert said.status == 0, said.err


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    city = plant(tmp_path_factory.mktemp("past") / "city")
    assert city.run().released()
    return city


@pytest.fixture
def copied(whole: Planted, tmp_path: Path) -> Iterator[Copied]:
    shutil.copytree(whole.place, tmp_path / "city", symlinks=True)
    yield Copied(Planted(tmp_path / "city"), {})
    for path in (tmp_path / "city").rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)


def test_a_whole_past_is_valid(copied: Copied) -> None:
    assert copied.faults() == {}
    assert "findings" not in copied.ask("status")


def test_a_ledger_put_back_after_a_recall_is_refused_and_found(copied: Copied) -> None:
    release = copied.release()
    back = copied.put_by()
    copied.say("recall", release["batches"][0], "--why", "wrong")
    back()
    name = f"withdrawal_lacking archive__d0/{release['release_id']}"
    assert any(one["subject"] in name for one in copied.ask("status")["findings"])
    before = (copied.state / "ledger.sqlite").read_bytes()
    for command in (("run",), ("recall", release["batches"][0], "--why", "again")):
        said = copied.say(*command)
        assert said.status != 0 and release["release_id"] in said.err and "resolve" in said.err
    assert (copied.state / "ledger.sqlite").read_bytes() == before
    assert name in copied.faults()


def test_what_was_found_stays_though_its_witness_goes(copied: Copied) -> None:
    release = copied.release()
    back = copied.put_by()
    copied.say("recall", release["batches"][0], "--why", "wrong")
    back()
    assert copied.faults()
    next(copied.releases.glob("archive__d0/*.withdrawn.json")).unlink()
    assert copied.faults() and copied.say("run").status != 0
    copied.resolve_all()
    assert copied.faults() == {}
    with Ledger.read(copied.state / "ledger.sqlite") as ledger:
        lost = [one for entry in ledger.entries("resolution") for one in entry.body["lost"]]
        assert any(release["release_id"] in one for one in lost)
        deeds = [entry.body["deed"] for entry in ledger.entries("act")]
    assert "resolve" in deeds


@pytest.mark.parametrize("gone", [HEADS, HEADS[:1], HEADS[1:]])
def test_a_ledger_that_was_deleted_is_not_begun_anew(copied: Copied, gone: tuple[str, ...]) -> None:
    for name in gone:
        (copied.state / name).unlink()
    said = copied.say("run")
    assert said.status != 0 and "backup" in said.err
    assert copied.say("recall", copied.release()["batches"][0], "--why", "x").status != 0
    assert copied.say("audit").status == 1
    assert not (copied.state / "ledger.sqlite").exists() or HEADS[0] not in gone


def test_a_deleted_ledger_goes_on_once_a_person_has_resolved_it(copied: Copied) -> None:
    release = copied.release()
    for name in HEADS:
        (copied.state / name).unlink()
    assert copied.faults()
    finding = next(one["finding"] for one in copied.faults().values() if "finding" in one)
    assert copied.say("resolve", finding, "--as", "mei@x", "--why", "the disk is gone").status == 0
    assert {one.split(" ")[0] for one in copied.faults()} <= {"recorded", "landed_unknown", "switch"}
    found = copied.ask("recall", release["batches"][0], "--why", "wrong")
    assert [one["release_id"] for one in found["releases"]] == [release["release_id"]]


@pytest.mark.attack
def test_a_deleted_release_is_named_until_it_is_resolved(copied: Copied) -> None:
    release = copied.release()
    folder = copied.releases / "archive__d0" / release["release_id"]
    folder.chmod(0o755)
    shutil.rmtree(folder)
    name = f"release_missing archive__d0/{release['release_id']}"
    assert name in copied.faults()
    copied.city.run()
    assert name in copied.faults()
    assert [one["rule"] for one in copied.ask("status")["findings"]].count("release_missing") == 1
    copied.resolve_all()
    assert copied.faults() == {}
    folder.chmod(0o755)
    shutil.rmtree(folder)
    assert name in copied.faults()


def test_a_signing_key_that_is_lost_for_good_is_made_anew_by_an_act(copied: Copied) -> None:
    (copied.state / "keys" / "signing.pem").unlink()
    assert copied.say("run").status != 0
    copied.resolve_all()
    assert (copied.state / "keys" / "signing.pem").exists()
    assert copied.faults() == {}
    with Ledger.read(copied.state / "ledger.sqlite") as ledger:
        assert len([entry for entry in ledger.entries("key") if entry.key == "signing"]) == 2


def test_a_recall_needs_no_pseudonym_key(copied: Copied) -> None:
    release = copied.release()
    (copied.state / "keys" / "pseudonym.key").unlink()
    found = copied.ask("recall", release["batches"][0], "--why", "wrong")
    assert [one["release_id"] for one in found["releases"]] == [release["release_id"]]


def test_a_ledger_ahead_of_its_head_is_a_crash_and_no_fault(copied: Copied) -> None:
    head = (copied.state / "ledger.sqlite.head").read_bytes()
    copied.say("recall", copied.release()["batches"][0], "--why", "wrong")
    (copied.state / "ledger.sqlite.head").write_bytes(head)
    assert copied.say("run").status in (0, 1)
    assert copied.faults() == {}


def test_an_anchor_elsewhere_tells_of_a_rollback_that_nothing_else_shows(copied: Copied, tmp_path: Path) -> None:
    copied.environment["ZHONGTAI_ANCHOR"] = str(tmp_path / "elsewhere.head")
    back = copied.put_by()
    copied.say("quarantine", "bureau.d0", "--rows")
    assert (tmp_path / "elsewhere.head").exists()
    back()
    shutil.rmtree(copied.state / "ledger.tiles")
    found = [one for one in copied.faults().values() if one["rule"] == "head_lacking"]
    assert any("elsewhere.head" in one["message"] for one in found)
    assert "elsewhere.head" in copied.say("run").err


@pytest.mark.parametrize("key", ["pseudonym.key", "signing.pem"])
@pytest.mark.parametrize("other", [False, True])
def test_a_key_that_is_missing_or_another_is_refused(copied: Copied, key: str, other: bool) -> None:
    path = copied.state / "keys" / key
    kept = path.read_bytes()
    path.unlink()
    if other:
        (copied.state / "elsewhere").mkdir()
        copied.city.say("keys", "init", ZHONGTAI_STATE=str(copied.state / "elsewhere"))
        shutil.copy(copied.state / "elsewhere" / "keys" / key, path)
    said = copied.say("run")
    assert said.status != 0 and "restore" in said.err
    assert copied.say("audit").status == 1
    path.unlink(missing_ok=True)
    path.write_bytes(kept)
    path.chmod(0o600)
    assert any("key" in one for one in copied.faults())
    copied.resolve_all()
    assert copied.faults() == {}


def test_a_swapped_and_a_replayed_release_are_named(copied: Copied) -> None:
    first, second = (copied.releases / f"archive__{one}" / copied.release(one)["release_id"] for one in ("d0", "d1"))
    for folder in (first.parent, second.parent, first, second):
        folder.chmod(0o755)
    first.rename(copied.state / "aside")
    second.rename(first)
    (copied.state / "aside").rename(second)
    found = copied.faults()
    assert f"release_swapped archive__d0/{first.name}" in found
    assert f"release_swapped archive__d1/{second.name}" in found
    shutil.copy(second.parent / "current.json", first.parent / "current.json")
    assert f"switch archive__d0 {second.name}" in copied.faults()


def test_a_finding_is_resolved_by_a_person_who_may_and_says_why(copied: Copied) -> None:
    folder = copied.releases / "archive__d0" / copied.release()["release_id"]
    folder.chmod(0o755)
    shutil.rmtree(folder)
    (finding,) = [one["finding"] for one in copied.faults().values()]
    assert copied.say("resolve", finding, "--as", "mei@x", "--why", " ").status == 2
    assert finding in copied.say("resolve", "none", "--as", "mei@x", "--why", "x").err
    copied.city.write("city: planted\ntitle: {zh: 试验市, en: Planted City}\ndeliveries: deliveries\n", "zhongtai.yml")
    assert copied.say("resolve", finding, "--as", "mei@x", "--why", "x").status != 0
    assert copied.faults()


def test_a_recipient_holds_a_release_against_the_log(copied: Copied, tmp_path: Path) -> None:
    folder = copied.releases / "archive__d0" / copied.release()["release_id"]
    log, key = copied.state / "ledger.tiles", next(copied.releases.glob("keys/*.pem"))
    early = tmp_path / "kept"
    shutil.copy(log / "checkpoint", early)

    def verified(given: Path) -> list[str]:
        found = copied.ask("verify", str(folder), "--key", str(key), "--ledger", str(given))
        return [one["rule"] for one in found["faults"]]

    assert verified(log) == verified(early) == []
    copied.say("quarantine", "bureau.d0", "--rows")
    assert verified(log) == []
    tile = next((log / "tile" / "0").rglob("*"))
    tiles = [one for one in (log / "tile" / "0").rglob("*") if one.is_file()]
    kept = [one.read_bytes() for one in tiles]
    for one in tiles:
        one.write_bytes(bytes(one.stat().st_size))
    assert set(verified(log)) == {"log_inclusion", "log_consistency"}
    for one, content in zip(tiles, kept, strict=True):
        one.write_bytes(content)
    proof = folder.with_name(f"{folder.name}.ledger.json")
    other = next(one for one in copied.releases.glob("archive__d1/*.ledger.json"))
    shutil.copy(other, proof)
    assert verified(log) == ["log_entry"] and tile.exists()
    text = (log / "checkpoint").read_text("utf-8").splitlines(keepends=True)
    (log / "checkpoint").write_text("".join([text[0], "9\n", *text[2:]]), "utf-8")
    assert verified(log) == ["log_signature"]


def test_a_log_is_held_against_the_ledger(copied: Copied) -> None:
    tile = next(one for one in (copied.state / "ledger.tiles" / "tile" / "0").rglob("*") if one.is_file())
    tile.write_bytes(tile.read_bytes()[:-1] + b"x")
    name = str(tile.relative_to(copied.state))
    assert f"log_tile {name}" in copied.faults()


def test_the_ledger_goes_on_in_another_log_where_a_part_is_lost(copied: Copied) -> None:
    release, back = copied.release(), copied.put_by()
    copied.say("recall", release["batches"][0], "--why", "wrong")
    before = (copied.state / "ledger.tiles" / "checkpoint").read_text("utf-8").splitlines()[0]
    back()
    assert copied.faults()
    copied.resolve_all()
    assert copied.faults() == {}
    assert (copied.state / "ledger.tiles" / "checkpoint").read_text("utf-8").splitlines()[0] == f"{before}/2"
    assert list((copied.state / "ledger.tiles" / "lost").iterdir())


def found(copied: Copied, rule: str) -> list[str]:
    """The findings that the audit names of a rule."""
    return [one["finding"] for one in copied.ask("audit")["faults"] if one["rule"] == rule]


def moved(folder: Path, aside: Path) -> None:
    for one in (folder, folder.parent):
        if one.exists():
            one.chmod(0o755)
    folder.rename(aside)


def test_what_was_accepted_as_lost_excuses_no_later_loss(copied: Copied, tmp_path: Path) -> None:
    folder = copied.releases / "archive__d0" / copied.release()["release_id"]
    moved(folder, tmp_path / "aside")
    (first,) = found(copied, "release_missing")
    copied.resolve_all()
    assert copied.faults() == {}
    moved(tmp_path / "aside", folder)
    assert copied.faults() == {}
    moved(folder, tmp_path / "aside")
    (second,) = found(copied, "release_missing")
    assert first != second
    # Nobody has resolved that yet: back, and gone once more, it is a third.
    moved(tmp_path / "aside", folder)
    assert "there again" in copied.faults()[f"release_missing archive__d0/{folder.name}"]["message"]
    moved(folder, tmp_path / "aside")
    assert len({first, second, *found(copied, "release_missing")}) == 3


@pytest.mark.parametrize("mended_by_run", [pytest.param(False, marks=pytest.mark.attack), True])
def test_a_switch_that_was_accepted_excuses_no_later_one(copied: Copied, mended_by_run: bool) -> None:
    release, switch = copied.release(), copied.releases / "archive__d0" / "current.json"
    served = switch.read_bytes()
    copied.say("recall", release["batches"][0], "--why", "wrong")
    gone = not switch.exists()

    def tamper() -> None:
        switch.parent.chmod(0o755)
        switch.write_bytes(served)

    tamper()
    assert gone and found(copied, "switch_withdrawn")
    copied.resolve_all()
    assert copied.faults() == {}
    if mended_by_run:
        switch.unlink()
        copied.say("quarantine", "bureau.d0", "--rows")
    else:
        switch.unlink()
        assert copied.faults() == {}
    tamper()
    assert found(copied, "switch_withdrawn")


@pytest.mark.parametrize(
    "key",
    [pytest.param("signing.pem", marks=pytest.mark.attack), pytest.param("pseudonym.key", marks=pytest.mark.attack)],
)
def test_every_loss_of_a_key_is_a_finding_and_the_city_goes_on(copied: Copied, key: str) -> None:
    path = copied.state / "keys" / key
    kept = path.read_bytes()
    path.unlink()
    assert copied.faults()
    path.write_bytes(kept)
    path.chmod(0o600)
    assert any("there again" in one["message"] for one in copied.faults().values())
    copied.resolve_all()
    for _ in range(2):
        path.unlink()
        assert any("finding" in one for one in copied.faults().values())
        assert copied.say("run").status == 2
        copied.resolve_all()
        assert path.exists() and copied.faults() == {}
    copied.city.run()
    assert copied.faults() == {}
    with Ledger.read(copied.state / "ledger.sqlite") as ledger:
        accepted = [entry.body for entry in ledger.entries("resolution")]
    assert [bool(one["lost"]) for one in accepted] == [False, True, True]
    assert [bool(one["back"]) for one in accepted] == [True, False, False]


@pytest.mark.attack
def test_a_closed_part_of_the_ledger_is_held_and_missed_as_the_rest_is(copied: Copied, tmp_path: Path) -> None:
    settings = load_settings(copied.city.place, {"ZHONGTAI_NOW": NOW})
    late = settings.clock.now() + timedelta(days=40)
    with Ledger.open(settings.ledger, open_signing(settings.key_place)) as ledger:
        ledger.append_many([("access", {"subject": "rows"})] * 70, settings.clock.now())
        assert ledger.close_segments(late, late, Limits(least=8))
        (name,) = [entry.key for entry in ledger.entries("segment")]
    assert copied.say("backup", str(tmp_path / "kept")).status == 0
    file = segments_folder(settings.ledger) / name
    kept = file.read_bytes()
    file.unlink()
    lacking = f"segment_lacking ledger.sqlite.segments/{name}"
    said = copied.say("run")
    assert said.status != 0 and name in said.err and "restore" in said.err
    assert lacking in copied.faults() and "closed part" in str(copied.ask("status")["findings"])
    file.write_bytes(kept)
    copied.resolve_all()
    assert copied.faults() == {}
    file.unlink()
    assert lacking in copied.faults()
    copied.resolve_all()
    assert copied.faults() == {} and copied.say("run").status == 0
    (copied.state / "keys").rename(tmp_path / "keys")
    shutil.rmtree(copied.state)
    assert "restored" in copied.say("restore", str(tmp_path / "kept")).out
    shutil.copytree(tmp_path / "keys", copied.state / "keys", dirs_exist_ok=True)
    assert file.read_bytes() == kept and copied.faults() == {}


def test_an_honest_restore_is_resolved_in_true_words(copied: Copied) -> None:
    release, back = copied.release(), copied.put_by()
    log = copied.state / "ledger.tiles"
    shutil.copytree(log, copied.state / "old.tiles")
    copied.say("recall", release["batches"][0], "--why", "wrong")
    forward = copied.put_by()
    shutil.copytree(log, copied.state / "new.tiles")

    def put(name: str) -> None:
        shutil.rmtree(log)
        shutil.copytree(copied.state / name, log)

    back()
    put("old.tiles")
    (finding,) = set(found(copied, "withdrawal_lacking"))
    forward()
    put("new.tiles")
    faults = {one["rule"]: one for one in copied.faults().values()}
    # The older ledger knew of no withdrawal either, and missed what it had to serve.
    assert faults.keys() == {"past_lacking", "switch"} and "well again" in faults["switch"]["message"]
    fault = faults["past_lacking"]
    assert "there again" in fault["message"] and "restore" not in fault["fix"]
    assert "there again" in str(copied.ask("status")["findings"])
    resolved = copied.ask("resolve", finding, "--as", "mei@archive.example", "--why", "an old copy was put in")
    assert resolved["lost"] == [] and resolved["back"]
    copied.resolve_all()
    assert copied.faults() == {}
    assert not (log / "lost").exists()
    again = copied.say("resolve", finding, "--as", "mei@archive.example", "--why", "x")
    assert again.status == 2 and "mei@archive.example" in again.err and "was resolved" in again.err
    back()
    put("old.tiles")
    assert {finding} != set(found(copied, "withdrawal_lacking"))


def test_an_anchor_that_was_written_and_is_gone_is_told(copied: Copied, tmp_path: Path) -> None:
    anchor = tmp_path / "mount" / "elsewhere.head"
    copied.environment["ZHONGTAI_ANCHOR"] = str(anchor)
    assert "elsewhere.head" in str(copied.ask("audit")["notes"])
    anchor.parent.mkdir()
    copied.say("quarantine", "bureau.d0", "--rows")
    assert anchor.exists() and copied.faults() == {}
    anchor.unlink()
    copied.say("quarantine", "bureau.d0", "--rows")
    assert f"anchor_missing {anchor}" in copied.faults() and not anchor.exists()
    assert "anchor_missing" in copied.say("run").out
    copied.resolve_all()
    assert copied.faults() == {} and anchor.exists()
    anchor.unlink()
    assert f"anchor_missing {anchor}" in copied.faults()
