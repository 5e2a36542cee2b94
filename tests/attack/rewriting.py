"""A past rewritten in every way: each is found by the audit, with its place, and the next run does not forget it.

A small city without a lake: keys, releases of two agreements, a withdrawal, and an anchor elsewhere. Every entry is
changed, removed and put in another's place; the ledger is cut at every end and rolled back to every moment, with its
head, its log, and both; releases are deleted, swapped and replayed, keys replaced.
"""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from unittest.mock import patch

from lake.auditing import past_faults
from lake.city import City
from lake.guarding import findings_of, guarded, keep, open_past
from lake.own_keys import record_keys
from lake.settings import Settings, load_settings
from sharing.chain import head_path
from sharing.faults import PastLacking, SharingRefused
from sharing.ledger import Ledger
from sharing.tombstones import Reason
from sharing.withdrawal import Books, take_back_recorded
from tests.attack.score import Score
from tests.keys import signer_in
from tests.unit.gates import cases
from tests.unit.sharing.conftest import City as Publisher

_FIELDS = ("at", "kind", "run", "key", "body", "previous", "digest")
_FILES = ("ledger.sqlite", "ledger.sqlite.head")


@dataclass(frozen=True)
class Past:
    """A city's past in a folder; `moments` are copies of ledger, head and log as they once were."""

    place: Path

    @property
    def settings(self) -> Settings:
        environment = {
            "ZHONGTAI_STATE": str(self.place / "state"),
            "ZHONGTAI_NOW": cases.NOW.isoformat(),
            "ZHONGTAI_ANCHOR": str(self.place / "elsewhere" / "head"),
        }
        return load_settings(self.place, environment)

    @property
    def moments(self) -> list[Path]:
        return sorted((self.place / "moments").iterdir())

    def write(self, act: Callable[[Ledger, Publisher], None]) -> None:
        """One writer's work on the city, as a run's: PastLacking where the ledger lacks what witnesses it."""
        ledger, signer = open_past(self.settings)
        with ledger, guarded(self.settings, ledger, signer):
            record_keys(self.settings, ledger, signer)
            act(ledger, Publisher(self.settings.state, signer))

    def remember(self) -> None:
        """Copy what somebody would copy who wants to put it back."""
        moment = self.place / "moments" / f"{len(list((self.place / 'moments').iterdir())):02}"
        shutil.copytree(self.settings.log, moment / "log")
        for name in _FILES:
            shutil.copy(self.settings.state / name, moment / name)

    def audit(self) -> list[str]:
        """What an audit finds and keeps, each with its place."""
        try:
            ledger, signer = open_past(self.settings)
        except SharingRefused as refused:
            return [f"{refused.subject}: {refused.message}"]
        with ledger:
            try:
                with guarded(self.settings, ledger, signer, refuse=False):
                    city = City(self.settings, cast(Any, None), cast(Any, None), ledger, signer)
                    found = past_faults(city)
                    keep(self.settings, ledger, found, signer)
            except PastLacking as refused:
                return [f"{refused.subject}: {refused.message}"]
            opened = [one.fault for one in findings_of(self.settings).open(ledger)]
        return [f"{one.subject}: {one.message}" for one in (*found, *opened)]


def begin(place: Path) -> Past:
    """The past that is attacked: six writers, one after the other, and a copy after each."""
    past = Past(place)
    for name in ("moments", "elsewhere", "state"):
        (place / name).mkdir(parents=True)
    signer_in(past.settings.keys)
    for number in range(5):
        past.write(lambda ledger, city, number=number: _released(ledger, city, number))  # type: ignore[misc]
        past.remember()
    past.write(_withdrawn)
    past.remember()
    past.write(lambda ledger, _: _note(ledger))
    past.remember()
    return past


def _released(ledger: Ledger, city: Publisher, number: int) -> None:
    agreement = replace(cases.agreement(), name=f"agency__p{number % 2}")
    folder = city.export(range(80, 100 + number))
    inputs = replace(city.inputs(folder, agreement), ledger_head=ledger.head(), tree=ledger.tree())
    from sharing.release import publish

    release = publish(city.releases, agreement, folder, inputs, city.signer, cases.NOW + timedelta(hours=number))
    ledger.append("release", release.as_dict(), cases.NOW)
    body = {
        "agreement": agreement.name,
        "verdict": "released",
        "release_id": release.release_id,
        "run_id": f"r{number}",
    }
    ledger.append("verdict", body, cases.NOW)


def _withdrawn(ledger: Ledger, city: Publisher) -> None:
    from sharing.release import list_releases

    release = list_releases(city.releases, "agency__p0")[0]
    take_back_recorded(Books(ledger, city.releases, city.signer), release, Reason("wrong"), cases.NOW)


def _note(ledger: Ledger) -> None:
    ledger.append("access", {"subject": "quarantine.t"}, cases.NOW)


Attack = Callable[[Past], None]


def attacks(past: Past) -> Iterator[tuple[str, Attack, str]]:
    """Every way to rewrite the past: its name, what is done, and what an audit must name."""
    with Ledger.read(past.settings.ledger) as ledger:
        entries = [(entry.seq, entry.kind) for entry in ledger.entries()]
    last = entries[-1][0]
    for seq, kind in entries:
        for field in _FIELDS:
            yield f"{field} of entry {seq} ({kind}) changed", _changed(seq, field), f"entry {seq}"
        yield f"entry {seq} ({kind}) removed", _sql(f"delete from entries where seq = {seq}"), f"{seq}"
        if seq < last:
            yield f"entries {seq} and {seq + 1} in each other's place", _exchanged(seq), f"entry {seq}"
            yield f"all after entry {seq} cut off", _sql(f"delete from entries where seq > {seq}"), f"{last}"
    yield from _rolled_back(past)
    yield from _among_releases(past)
    for name in ("signing.pem", "pseudonym.key"):
        yield f"{name} removed", _without_key(name, other=False), name.split(".")[0]
        yield f"{name} replaced", _without_key(name, other=True), name.split(".")[0]
    yield "head removed", lambda it: head_path(it.settings.ledger).unlink(), "ledger.sqlite.head"
    yield "head forged", _forged_head, "ledger.sqlite.head"
    yield "ledger removed", lambda it: it.settings.ledger.unlink(), "ledger.sqlite"
    yield "log removed", lambda it: shutil.rmtree(it.settings.log), "ledger.tiles"
    yield "anchor forged", lambda it: _forge(it.settings.anchors[0]), "elsewhere"


def _rolled_back(past: Past) -> Iterator[tuple[str, Attack, str]]:
    for moment in past.moments[:-1]:
        for with_head in (False, True):
            for with_log in (False, True):
                name = f"rolled back to {moment.name}, head {with_head}, log {with_log}"
                yield name, _put_back(moment.name, head=with_head, log=with_log), ""


def _among_releases(past: Past) -> Iterator[tuple[str, Attack, str]]:
    folders = sorted(one.parent for one in past.settings.releases.glob("*/*/certificate.json"))
    for folder in folders:
        name = str(folder.relative_to(past.settings.releases))
        yield f"release {name} removed", _removed(name), name
    first, second = folders[0], folders[-1]
    names = (str(first.relative_to(past.settings.releases)), str(second.relative_to(past.settings.releases)))
    yield "a released file removed", _file_removed(names[0]), names[0]
    yield "two releases swapped", _swapped(*names), names[0]
    older = next(one for one in folders if one.name != _switch(one.parent))
    yield "an older release served again", _served(str(older.relative_to(past.settings.releases))), older.name
    (stone,) = past.settings.releases.glob("*/*.withdrawn.json")
    identity = stone.name.removesuffix(".withdrawn.json")
    yield "a tombstone removed", lambda it: next(it.settings.releases.glob("*/*.withdrawn.json")).unlink(), identity
    yield "a certificate of another key", _signed_by_another(names[0]), names[0]


def _sql(statement: str) -> Attack:
    """Change the ledger's file as somebody would who knows it: its triggers are back afterwards."""

    def act(past: Past) -> None:
        connection = sqlite3.connect(past.settings.ledger, isolation_level=None)
        triggers = connection.execute("select name, sql from sqlite_master where type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"drop trigger {name}")
        connection.executescript(statement)
        for _, sql in triggers:
            connection.execute(sql)
        connection.close()

    return act


def _changed(seq: int, field: str) -> Attack:
    value = {
        "at": "'2020-01-01T00:00:00+00:00'",
        "kind": "'acces_'",
        "body": "replace(body, '{', '{\"a\":1,')",
    }.get(field, f"coalesce({field}, '') || 'x'")
    return _sql(f"update entries set {field} = {value} where seq = {seq}")


def _exchanged(seq: int) -> Attack:
    moves = ((seq, -1), (seq + 1, seq), (-1, seq + 1))
    return _sql(";".join(f"update entries set seq = {to} where seq = {of}" for of, to in moves))


def _put_back(moment: str, *, head: bool, log: bool) -> Attack:
    def act(past: Past) -> None:
        kept = past.place / "moments" / moment
        for name in _FILES if head else _FILES[:1]:
            shutil.copy(kept / name, past.settings.state / name)
        for name in ("ledger.sqlite-wal", "ledger.sqlite-shm"):
            (past.settings.state / name).unlink(missing_ok=True)
        if log:
            shutil.rmtree(past.settings.log)
            shutil.copytree(kept / "log", past.settings.log)

    return act


def _open(folder: Path) -> Path:
    for one in (folder.parent, folder):
        one.chmod(0o755)
    return folder


def _removed(name: str) -> Attack:
    return lambda past: shutil.rmtree(_open(past.settings.releases / name))


def _file_removed(name: str) -> Attack:
    return lambda past: next(_open(past.settings.releases / name).glob("*.parquet")).unlink()


def _swapped(first: str, second: str) -> Attack:
    def act(past: Past) -> None:
        one, other = (_open(past.settings.releases / name) for name in (first, second))
        aside = past.place / "aside"
        one.rename(aside)
        other.rename(one)
        aside.rename(other)

    return act


def _switch(home: Path) -> str:
    try:
        return str(json.loads((home / "current.json").read_bytes())["release_id"])
    except OSError:
        return ""


def _served(name: str) -> Attack:
    def act(past: Past) -> None:
        folder = past.settings.releases / name
        (folder.parent / "current.json").write_text(json.dumps({"release_id": folder.name}), "utf-8")

    return act


def _signed_by_another(name: str) -> Attack:
    def act(past: Past) -> None:
        from sharing.certificate import CERTIFICATE
        from sharing.envelope import open_envelope, sign_payload

        folder = _open(past.settings.releases / name)
        payload = open_envelope((folder / CERTIFICATE).read_bytes(), CERTIFICATE)[0]
        (folder / CERTIFICATE).chmod(0o644)
        (folder / CERTIFICATE).write_bytes(sign_payload(payload, signer_in(past.place / "other")))

    return act


def _without_key(name: str, *, other: bool) -> Attack:
    def act(past: Past) -> None:
        (past.settings.keys / name).unlink()
        if other:
            signer_in(past.place / "other")
            shutil.copy(past.place / "other" / name, past.settings.keys / name)

    return act


def _forged_head(past: Past) -> None:
    _forge(head_path(past.settings.ledger))


def _forge(path: Path) -> None:
    record = json.loads(path.read_bytes())
    path.write_text(json.dumps(record | {"seq": record["seq"] - 1}), "utf-8")


def attack(seed: int, most: int | None = None) -> Score:
    """Every attack, or as many as `most` drawn from them, each on a copy of the past."""
    fell = list[str]()
    with TemporaryDirectory() as folder, patch("os.fsync", lambda _: None):
        past = begin(Path(folder) / "past")
        every = list(attacks(past))
        assert past.audit() == []
        chosen = every if most is None else random.Random(seed).sample(every, most)
        for number, (name, act, named) in enumerate(chosen):
            copy = Past(Path(folder) / str(number))
            shutil.copytree(past.place, copy.place)
            act(copy)
            fell += [f"{name}: {what}" for what in _missed(copy, named)]
            _remove(copy.place)
    return Score("rewriting the past", len(chosen), len(chosen) - len({line.split(": ")[0] for line in fell}), fell)


def _missed(past: Past, named: str) -> Iterator[str]:
    found = past.audit()
    if not found:
        yield "the audit finds nothing"
    elif not any(named in one for one in found):
        yield f"no fault names {named}: {found[:2]}"
    with suppress(SharingRefused):  # where the next run is refused, it cannot forget
        past.write(lambda ledger, _: _note(ledger))
    if not past.audit():
        yield "the next run has forgotten it"


def _remove(place: Path) -> None:
    for path in place.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(place)
