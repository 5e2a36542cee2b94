"""A release folder attacked: every byte, whatever lies beside it, and certificates of other releases, times and keys.

One small city publishes several releases with a real key; each attack changes a copy of one, and whoever verifies it
with the city's public key must find a fault. Instants stand beside: one moment in any zone is one verdict.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pyarrow.parquet as pq

from sharing.canonical import canonical_json
from sharing.certificate import CERTIFICATE
from sharing.envelope import open_envelope, sign_payload
from sharing.keys import Signer
from sharing.verify import verify_release
from tests.attack.score import Score
from tests.keys import signer_in
from tests.unit.gates import cases
from tests.unit.sharing.conftest import City

Attack = Callable[[Path], object]


@dataclass(frozen=True)
class Target:
    """A release to be attacked, an older one of the same agreement, and the keys of the city and of a stranger."""

    release: Path
    older: Path
    city: Signer
    stranger: Signer
    place: Path

    def faults(self, attack: Attack, now: datetime = cases.NOW) -> list[str]:
        """The rules that find fault with an attacked copy."""
        folder = self.place / "attacked" / self.release.name
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.release, folder)
        for path in (folder, *folder.iterdir()):
            path.chmod(0o755)
        attack(folder)
        return [fault.rule for fault in verify_release(folder, self.city.public, now)]


def target(place: Path) -> Target:
    """A city with two releases."""
    city = City(place, signer_in(place / "keys"))
    older = city.publish(range(80, 90))
    newer = city.publish(range(80, 140))
    return Target(newer.path, older.path, city.signer, signer_in(place / "strangers"), place)


def attack(seed: int, bytes_tried: int = 4000, moments: int = 300) -> Score:
    """Every structural attack, so many of bytes, and so many moments."""
    fell: list[str] = []
    tried = 0
    with tempfile.TemporaryDirectory() as folder:
        aim = target(Path(folder))
        if aim.faults(lambda _: None):
            fell.append("the release is found faulty as it is")
        for name, attacking in (*_of_bytes(aim, seed, bytes_tried), *_of_structure(aim), *_of_certificates(aim)):
            tried += 1
            if not aim.faults(attacking):
                fell.append(name)
        for moment in _moments(seed, moments):
            tried += 1
            if len(_verdicts(aim, moment)) != 1:
                fell.append(f"{moment.isoformat()} is another verdict in another zone")
    return Score("certificates: folders and moments", tried, tried - len(fell), fell)


def _of_bytes(aim: Target, seed: int, number: int) -> Iterator[tuple[str, Attack]]:
    """Changes of single bytes: flipped, put in, taken out, cut, at places drawn over all files; all ends besides."""
    drawn = random.Random(seed)
    for path in sorted(aim.release.iterdir()):
        size = path.stat().st_size
        places = {*range(8), *range(size - 8, size), *(drawn.randrange(size) for _ in range(number // 12))}
        for place in sorted(places):
            for how in _HOW:
                bit = 1 << drawn.randrange(8)
                yield f"{path.name} byte {place} {how} {bit}", _changed(path.name, place, how, bit)


_HOW = ("flipped", "put in", "taken out", "cut here")


def _changed(name: str, place: int, how: str, bit: int) -> Attack:
    def change(folder: Path) -> None:
        whole = (folder / name).read_bytes()
        changed = {
            "flipped": whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :],
            "put in": whole[:place] + bytes([bit]) + whole[place:],
            "taken out": whole[:place] + whole[place + 1 :],
            "cut here": whole[:place],
        }[how]
        (folder / name).write_bytes(changed)

    return change


def _of_structure(aim: Target) -> Iterator[tuple[str, Attack]]:
    """What lies in the folder: files more, fewer, renamed, linked, exchanged, and of another kind."""
    first, second = sorted(path.name for path in aim.release.glob("*.parquet"))
    outside = aim.place / "outside.parquet"
    shutil.copyfile(aim.release / first, outside)

    def linked(folder: Path, make: Callable[[Path], None]) -> None:
        (folder / first).unlink()
        make(folder / first)

    def appended(folder: Path) -> None:
        table = pq.read_table(folder / first)
        with pq.ParquetWriter(folder / first, table.schema) as writer:
            writer.write_table(table)
            writer.write_table(table.slice(0, 1))

    def exchanged(folder: Path) -> None:
        (folder / first).rename(folder / "aside")
        (folder / second).rename(folder / first)
        (folder / "aside").rename(folder / second)

    yield "a row group more", appended
    yield (
        "the same rows, written again",
        lambda f: pq.write_table(pq.read_table(f / first), f / first, compression="gzip"),
    )
    yield "two files exchanged", exchanged
    yield "a file missing", lambda f: (f / first).unlink()
    yield "a file renamed", lambda f: (f / first).rename(f / "part-9.parquet")
    yield "a file in capitals", lambda f: (f / first).rename(f / first.upper())
    yield "an empty file", lambda f: (f / first).write_bytes(b"")
    yield "a hidden file more", lambda f: (f / ".more.parquet").write_bytes(b"x")
    yield "a folder more", lambda f: (f / "more").mkdir()
    yield "a copy more", lambda f: shutil.copy(f / first, f / "part-7.parquet")
    yield "a note more", lambda f: (f / "README").write_text("read me")
    yield "a symbolic link to the same bytes", lambda f: linked(f, lambda p: p.symlink_to(outside))
    yield "a symbolic link to nothing", lambda f: linked(f, lambda p: p.symlink_to("nowhere"))
    yield "a link to itself", lambda f: linked(f, lambda p: p.symlink_to(p.name))
    yield "a folder instead of a file", lambda f: linked(f, Path.mkdir)
    yield "a pipe instead of a file", lambda f: linked(f, lambda p: os.mkfifo(p))
    yield "the files of an older release", lambda f: _files_of(aim.older, f)


def _files_of(other: Path, folder: Path) -> None:
    for path in folder.glob("*.parquet"):
        path.unlink()
    for path in other.glob("*.parquet"):
        shutil.copyfile(path, folder / path.name)


def _of_certificates(aim: Target) -> Iterator[tuple[str, Attack]]:
    """Certificates of another release, of another key, said anew, cut down, and of another kind."""
    data = (aim.release / CERTIFICATE).read_bytes()
    payload, _, _ = open_envelope(data, CERTIFICATE)
    envelope = json.loads(data)

    def written(content: bytes) -> Attack:
        return lambda folder: (folder / CERTIFICATE).write_bytes(content)

    yield "the certificate of an older release", written((aim.older / CERTIFICATE).read_bytes())
    yield "none", lambda folder: (folder / CERTIFICATE).unlink()
    yield "a symbolic link to the certificate of an older one", lambda folder: _linked(folder, aim.older)
    yield "a stranger's signature", written(sign_payload(payload, aim.stranger))
    for name, changed in _said_otherwise(json.loads(payload)):
        text = canonical_json(changed)
        yield f"{name}, by a stranger", written(sign_payload(text, aim.stranger))
        # As if the stranger had the city's name, too.
        forged = json.loads(sign_payload(text, aim.stranger))
        forged["signatures"][0]["keyid"] = aim.city.public.key_id
        yield f"{name}, by a stranger in the city's name", written(canonical_json(forged))
        kept = envelope | {"payload": json.loads(sign_payload(text, aim.city))["payload"]}
        yield f"{name}, under the old signature", written(canonical_json(kept))
    yield "no signature", written(canonical_json(envelope | {"signatures": []}))
    yield "another kind of payload", written(canonical_json(envelope | {"payloadType": "application/json"}))
    yield "an empty one", written(b"")
    yield "no JSON", written(b"{")
    yield "a deep one", written(b"[" * 100_000)


def _linked(folder: Path, other: Path) -> None:
    (folder / CERTIFICATE).unlink()
    (folder / CERTIFICATE).symlink_to(other / CERTIFICATE)


def _said_otherwise(statement: dict[str, object]) -> Iterator[tuple[str, dict[str, object]]]:
    """The statement with each of its fields taken out, emptied or put at another value."""
    for path, value in _leaves(statement):
        for what, other in (("gone", None), ("emptied", type(value)()), ("other", _other(value))):
            yield f"{'.'.join(map(str, path))} {what}", _with(statement, path, other, gone=what == "gone")


def _leaves(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], object]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list) and value:
        yield from _leaves(value[0], (*path, 0))
    elif value is not None:
        yield path, value


def _other(value: object) -> object:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return f"{value}x"


def _with(statement: dict[str, object], path: tuple[str | int, ...], value: object, *, gone: bool) -> dict[str, object]:
    copy = json.loads(json.dumps(statement))
    place = copy
    for step in path[:-1]:
        place = place[step]
    if gone:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return copy


_ZONES = [timezone(timedelta(hours=hours)) for hours in (-11, -5, 0, 3, 8, 13)]


def _moments(seed: int, number: int) -> Iterator[datetime]:
    """Moments about the first and last day of the agreement's term, to the microsecond."""
    drawn = random.Random(seed)
    terms = cases.agreement()
    for edge in (terms.valid_from, terms.valid_until, terms.valid_until + timedelta(days=1)):
        midnight = datetime(edge.year, edge.month, edge.day, tzinfo=timezone(timedelta(hours=8)))
        yield from (midnight, midnight - timedelta(microseconds=1))
        for _ in range(number // 3):
            yield midnight + timedelta(seconds=drawn.uniform(-100_000, 100_000))


def _verdicts(aim: Target, moment: datetime) -> set[tuple[str, ...]]:
    """What is said of the sound release at one moment, in every zone."""
    zoned = [moment.astimezone(zone) for zone in (*_ZONES, UTC)]
    return {tuple(one.rule for one in verify_release(aim.release, aim.city.public, now)) for now in zoned}
