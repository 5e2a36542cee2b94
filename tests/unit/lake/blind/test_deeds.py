"""A key's life through the command line: made for an agreement, used, ended, destroyed, and nothing of it told."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from contracts.acts import Deed
from contracts.load import load_catalogue
from lake.acts import Persons, Said, actor, record_act
from lake.settings import Settings, load_settings
from sharing.blind import key as keys
from sharing.faults import SharingRefused
from sharing.keyring import make_keys
from sharing.ledger import Ledger
from tests.command import call
from tests.unit.lake.blind.files import parquet, resident, rows
from tests.unit.lake.casework import BAO, NOW, key_of, workspace

AGREEMENT = "taxation__unfiled_enterprises"
IDS = [resident(number) for number in range(1, 4)]


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workspace(tmp_path_factory.mktemp("blind") / "harbour")


class Desk:
    """The command line of one city at one moment, and all that it printed."""

    def __init__(self, city: Path, state: Path) -> None:
        self.around = {"ZHONGTAI_STATE": str(state), "ZHONGTAI_NOW": "2026-11-02T09:00:00+08:00"}
        self.city, self.printed = city, ""
        self.settings: Settings = load_settings(city, self.around)
        Ledger.open(self.settings.ledger, make_keys(self.settings.key_place)).close()

    def ask(self, *arguments: object, status: int = 0) -> dict[str, Any]:
        told = [str(one) for one in arguments]
        said = call(
            "blind", *told, "--workspace", str(self.city), "--json", "--why", "a trial", environment=self.around
        )
        self.printed += said.out + said.err
        assert said.status == status, said.err
        return dict(json.loads(said.out)) if status == 0 else {"refused": said.err}

    def entries(self) -> list[dict[str, Any]]:
        with Ledger.read(self.settings.ledger) as ledger:
            return [dict(entry.body) for entry in ledger.entries("blind")]


@pytest.fixture
def desk(harbour: Path, tmp_path: Path) -> Desk:
    return Desk(harbour, tmp_path / "state")


def test_a_key_is_made_used_and_destroyed_and_each_is_on_record(desk: Desk, tmp_path: Path) -> None:
    key, tokens, copy = tmp_path / "our.key", tmp_path / "our.tokens", tmp_path / "copy.key"
    made = desk.ask("key", key, "--agreement", AGREEMENT, "--until", "2026-12-31")
    secret = keys.read_key(key).secret.hex()
    assert key.stat().st_mode & 0o777 == 0o600
    file = parquet(tmp_path / "ids.parquet", [*IDS, None, "12"])
    of = ("--column", "id", "--element", "resident_id")
    counted = desk.ask("encode", file, *of, "--key", key, "--out", tokens)
    assert (counted["rows"], counted["verified"], counted["unverified"], counted["empty"]) == (5, 3, 1, 1)
    linked = desk.ask("link", tokens, tokens, "--out", tmp_path / "pairs.parquet")
    assert (linked["tokens"], len(rows(tmp_path / "pairs.parquet"))) == (3, 3)
    copy.write_bytes(key.read_bytes())
    copy.chmod(0o600)
    assert desk.ask("destroy", key)["destroyed"] == made["key"] and not key.exists()
    for path, told in (
        (key, "no key can be read there"),
        (copy, "this key was destroyed, and what is there is a copy"),
    ):
        assert told in desk.ask("encode", file, *of, "--key", path, "--out", tmp_path / "b", status=2)["refused"]
    desk.ask("destroy", copy)  # what was destroyed is destroyed once, and its copies go
    assert not copy.exists()
    entries = desk.entries()
    assert [one["did"] for one in entries] == ["made", "encoded", "linked", "destroyed"]
    assert {one["key"] for one in entries} == {made["key"]}
    # The number that both sides have is in no entry.
    assert set(entries[2]) == {"key", "did", "by", "why", "agreement", "element", "left", "right"}
    token = rows(tokens)[0]["token"]
    for text in (desk.printed, str(entries)):
        assert not any(one in text for one in (secret, str(token), *IDS))


def test_a_key_has_an_agreement_and_ends_with_it(desk: Desk, tmp_path: Path) -> None:
    key = tmp_path / "our.key"
    for agreement, until, told in (
        ("taxation__unfiled", "2026-12-31", AGREEMENT),
        (AGREEMENT, "2099-12-31", "the agreement's last day"),
        (AGREEMENT, "2026-11-01", "is not between today"),
        (AGREEMENT, "soon", "is no day"),
    ):
        refused = desk.ask("key", key, "--agreement", agreement, "--until", until, status=2)["refused"]
        assert told in refused and not key.exists()
    desk.ask("key", key, "--agreement", AGREEMENT, "--until", "2026-12-31")
    assert (
        "something is there"
        in desk.ask("key", key, "--agreement", AGREEMENT, "--until", "2026-12-31", status=2)["refused"]
    )
    desk.around["ZHONGTAI_NOW"] = "2027-01-01T00:00:00+08:00"
    file = parquet(tmp_path / "ids.parquet", IDS)
    of = ("--column", "id", "--element", "resident_id", "--key", key, "--out", tmp_path / "tokens")
    assert "ended on 2026-12-31" in desk.ask("encode", file, *of, status=2)["refused"]
    assert [one["did"] for one in desk.entries()] == ["made"]


def test_under_an_agreement_that_was_stopped_nothing_is_encoded(desk: Desk, tmp_path: Path) -> None:
    key = tmp_path / "our.key"
    desk.ask("key", key, "--agreement", AGREEMENT, "--until", "2026-12-31")
    persons = Persons.of(desk.settings, load_catalogue(desk.city))
    officer = actor(persons, BAO, key_of(desk.city, BAO))
    with Ledger.open(desk.settings.ledger, make_keys(desk.settings.key_place)) as ledger:
        record_act(ledger, officer.act(Deed.STOP, AGREEMENT, {}, Said(NOW, "a trial")), NOW)
    of = ("--column", "id", "--element", "resident_id", "--key", key, "--out", tmp_path / "tokens")
    refused = desk.ask("encode", parquet(tmp_path / "ids.parquet", IDS), *of, status=2)["refused"]
    assert "the agreement was stopped" in refused and not (tmp_path / "tokens").exists()


@pytest.mark.parametrize("arguments", [("keys", "a"), ("link", "a"), ("encode", "a"), ("meet", "a"), ("key", "a")])
def test_what_is_missing_is_named(desk: Desk, arguments: tuple[str, ...]) -> None:
    assert "--json" not in desk.ask(*arguments, status=2)["refused"]


def test_a_crash_between_overwriting_and_removing_is_made_good(tmp_path: Path) -> None:
    path = tmp_path / "our.key"
    key = keys.make_key(path, AGREEMENT, keys.date(2026, 12, 31))
    assert keys.overwrite(path) == key.key_id
    assert key.secret.hex().encode() not in path.read_bytes()
    with pytest.raises(SharingRefused, match="was destroyed"):
        keys.read_key(path)
    assert keys.overwrite(path) == key.key_id


def test_a_key_that_others_may_read_has_another_name_or_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "our.key"
    key = keys.make_key(path, AGREEMENT, keys.date(2026, 12, 31))
    assert key.secret.hex() not in repr(key)
    os.link(path, tmp_path / "other.key")
    with pytest.raises(SharingRefused, match="another name"):
        keys.overwrite(path)
    path.chmod(0o644)
    with pytest.raises(SharingRefused, match="others may read"):
        keys.read_key(path)
    for text in (
        "",
        "{}",
        "[]",
        '{"kind": "zhongtai-blind-key"}',
        path.read_text().replace('"version":1', '"version":2'),
    ):
        bad = tmp_path / "bad.key"
        bad.write_text(text)
        bad.chmod(0o600)
        with pytest.raises(SharingRefused) as caught:
            keys.read_key(bad)
        assert caught.value.rule == "blind_key" and key.secret.hex() not in str(caught.value)
