"""Whoever must be told is told once, and again where that was lost: notices, a recall repeated, what an audit and a
recipient's own check say. On copies of a small city that was run once.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lake.cli.options import login_name
from sharing.canonical import canonical_json
from sharing.checkpoint import read_checkpoint
from sharing.keyring import KeyPlace, open_signing
from sharing.keys import PublicKey
from sharing.ledger import Ledger
from sharing.notices import read_notice
from tests.recalled.city import FIRST, Recalled, run_once


@pytest.fixture(scope="module")
def well(tmp_path_factory: pytest.TempPathFactory) -> Recalled:
    """The city after its first run."""
    return run_once(tmp_path_factory.mktemp("told") / "city")


@pytest.fixture
def city(well: Recalled, tmp_path: Path) -> Iterator[Recalled]:
    shutil.copytree(well.place, tmp_path / "city", symlinks=True)
    yield replace(well, place=tmp_path / "city")


def test_recalling_again_withdraws_and_tells_nothing_twice(city: Recalled) -> None:
    bad = city.status().batch("visits", FIRST)
    first = city.recall(bad)
    told, at = city.tell("notices")["notices"], first["releases"]
    assert len(first["standing"]) == len(at) == len(told) == 3
    with Ledger.read(city.place / ".zhongtai" / "ledger.sqlite") as ledger:
        before = [(entry.kind, entry.key) for entry in ledger.entries()]
    again = city.tell("recall", bad, "--why", "said otherwise", "--as", "steward@bureau.example")
    assert (again["again"]["by"], again["again"]["why"], again["standing"]) == (login_name(), "wrong", [])
    assert [one["release_id"] for one in again["releases"]] == [one["release_id"] for one in at]
    said = city.say("recall", bad, "--why", "said otherwise", COLUMNS="400").out
    assert "recalled already" in said and login_name() in said and "0 releases withdrawn; 3 had been before" in said
    assert all(one["release_id"][:12] in said for one in at)
    assert city.tell("notices")["notices"] == told
    with Ledger.read(city.place / ".zhongtai" / "ledger.sqlite") as ledger:
        assert [(entry.kind, entry.key) for entry in ledger.entries()] == before
    # The join holds rows of another batch, too: it is withdrawn already, and its recipient was told.
    other = city.recall(city.status().batch("people", FIRST))
    assert {one["agreement"] for one in other["releases"]} == {"archive__people", "archive__joined"}
    assert len(other["standing"]) == 1
    assert sorted(one["agreement"] for one in city.tell("notices")["notices"]) == [
        f"archive__{name}" for name in ("joined", "kept", "people", "visits")
    ]


def test_a_notice_whose_file_is_gone_or_anothers_is_told_of_and_written_anew(city: Recalled) -> None:
    city.recall(city.status().batch("visits", FIRST))
    key = PublicKey.read(next((city.place / ".zhongtai" / "releases" / "keys").glob("*.pem")))
    gone, edited, kept = (Path(one["path"]) for one in city.tell("notices")["notices"])
    before = {one.notice: one for one in (read_notice(path, key) for path in (gone, edited, kept))}
    gone.unlink()
    envelope = json.loads(edited.read_text())
    said = json.loads(base64.b64decode(envelope["payload"]))
    said["predicate"]["reason"] = "all is well"
    envelope["payload"] = base64.b64encode(canonical_json(said)).decode()
    edited.write_bytes(canonical_json(envelope) + b"\n")
    (forged := kept.with_name("0" * 32 + ".json")).write_bytes(kept.read_bytes())
    faults = {one["subject"]: one["rule"] for one in city.tell("notices", "--recipient", "archive")["faults"]}
    assert faults == {
        f"archive/{gone.name}": "notice_missing",
        f"archive/{edited.name}": "notice_signature",
        f"archive/{forged.name}": "notice_unknown",
    }
    assert all(name in city.say("notices", COLUMNS="400").out for name in faults)
    assert city.tell("notices", "--recipient", "police")["faults"] == []
    forged.unlink()
    # The nag is lifted without the file, and a notice that nobody issued cannot be acknowledged.
    city.tell("acknowledge", gone.stem[:12])
    assert {one["notice"] for one in city.tell("status")["notices"]} == {edited.stem, kept.stem}
    refused = city.say("acknowledge", "0" * 12)
    assert refused.status == 2 and "no notice begins so" in refused.err
    city.run()
    assert city.tell("notices")["faults"] == []
    assert {path.stem: read_notice(path, key) for path in (gone, edited, kept)} == before


def test_a_kept_checkpoint_alone_says_what_it_can(city: Recalled, tmp_path: Path) -> None:
    shutil.copy(city.place / ".zhongtai" / "ledger.tiles" / "checkpoint", kept := tmp_path / "kept.checkpoint")
    release = Path(city.releases()["visits"]["path"])
    shutil.copytree(release.parent, sent := tmp_path / "sent" / "releases" / release.parent.name)
    (key,) = (city.place / ".zhongtai" / "releases" / "keys").glob("*.pem")
    said = city.say("verify", str(sent / release.name), "--key", str(key), "--ledger", str(kept), "--json")
    told = json.loads(said.out)
    assert (said.status, told["valid"], told["faults"]) == (3, None, [])
    assert "log's folder or address" in told["log"]["unchecked"]
    out = city.say("verify", str(sent / release.name), "--key", str(key), "--ledger", str(kept), COLUMNS="400").out
    assert "not checked against the log" in out and "NOT valid" not in out
    # Of as many entries as the certificate knows there is one root.
    envelope = json.loads((release / "certificate.json").read_text())
    tree = json.loads(base64.b64decode(envelope["payload"]))["predicate"]["tree"]
    signer = open_signing(KeyPlace(city.place / ".zhongtai" / "keys"))
    same = replace(read_checkpoint(kept.read_bytes()), size=tree["size"], root=bytes.fromhex(tree["root"]))
    for checkpoint, status, rules in ((same, 3, []), (replace(same, root=bytes(32)), 1, ["log_consistency"])):
        kept.write_bytes(checkpoint.signed(signer).note)
        said = city.say("verify", str(sent / release.name), "--key", str(key), "--ledger", str(kept), "--json")
        assert (said.status, [one["rule"] for one in json.loads(said.out)["faults"]]) == (status, rules)


def test_an_audit_sees_a_landed_copy_that_is_gone(city: Recalled) -> None:
    gone = city.status().batch("visits", FIRST)
    (file,) = (city.place / ".zhongtai" / "landing" / "bureau__visits" / gone).iterdir()
    file.unlink()
    (fault,) = city.audited()
    assert (fault["rule"], fault["subject"]) == ("landed", f"bureau.visits {gone}")


def test_an_agency_is_given_a_token_that_is_shown_once_and_ends(city: Recalled) -> None:
    profile = city.place / "archive.json"
    given = city.tell("recipient", "add", "archive", "--profile", str(profile), "--url", "https://data.example/")
    told = json.loads(profile.read_bytes())
    assert told["endpoint"] == "https://data.example/delta-sharing" and profile.stat().st_mode & 0o777 == 0o600
    state = city.place / ".zhongtai"
    kept = [path.read_bytes() for path in state.rglob("*") if path.is_file() and path.stat().st_size < 10_000_000]
    assert not any(told["bearerToken"].encode() in one for one in kept)
    assert city.say("recipient", "add", "archive", "--profile", str(profile)).status == 2, "it is there already"
    assert "no agreement names nobody" in city.say("recipient", "add", "nobody", "--profile", f"{profile}2").err
    assert city.say("recipient", "add", "archive", "--profile", f"{profile}3", "--network", "here").status == 2
    assert not Path(f"{profile}3").exists()
    (one,) = city.tell("recipient", "list")["grants"]
    assert one["stands"] and "sha256" not in one and one["token"] == given["grant"]["token"]
    assert [each["token"] for each in city.tell("reads")["unused"]] == [one["token"]]
    of_bureau = city.tell("reads", "--department", "bureau")
    assert (of_bureau["department"], of_bureau["reads"]) == ("bureau", [])
    released = {each["agreement"] for each in city.tell("releases")["releases"]}
    assert {each["agreement"] for each in of_bureau["unread"]} == released != set()
    assert city.say("reads", "--department", "nobody").status == 2
    assert "nothing was read of what bureau delivers" in city.say("reads", "--department", "bureau").out
    city.tell("recipient", "revoke", "archive", "--token", one["token"])
    assert not city.tell("recipient", "list", "archive")["grants"][0]["stands"]
    assert city.say("recipient", "revoke", "archive").status == 2
    assert city.audited() == []
