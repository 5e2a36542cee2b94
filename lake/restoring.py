"""Putting a backup back: one set into a state where nothing is, each file proved by its digest before any is in place.

Whether the city that is then there is whole the audit says; what an older set lacks is told by whatever witnesses the
ledger.
"""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyrage

from lake.backing_up import KEYS_NAME
from lake.backup_place import BackupPlace
from lake.backup_set import BackupSet, Kept, read_set
from lake.one_writer import one_writer
from lake.settings import Settings
from sharing.canonical import canonical_json, file_digest
from sharing.durable import remove_file, write_file
from sharing.envelope import verified_payload
from sharing.faults import SharingRefused
from sharing.keyring import open_signing, successor
from sharing.keys import PublicKey, read_passphrase, write_owned

_STAGE, _BEGUN = ".restoring", ".restoring.json"
_PUBLIC = "releases/keys/"


@dataclass(frozen=True)
class Restored:
    """What was put back, or proved: the set, when it was taken, its files, whether its signature is of a trusted key,
    and whether the city's keys are there.
    """

    name: str
    city: str
    taken_at: str
    entries: int
    files: int
    bytes: int
    key: str
    key_trusted: bool
    keys: bool

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return {"set": self.name, **{key: value for key, value in vars(self).items() if key != "name"}}


class StateThere(RuntimeError):
    """There is a city's state where a backup should be put back: nothing is ever written over it."""

    def __init__(self, state: Path) -> None:
        self.state = state
        super().__init__(
            f"{state}: a city's state is there, and a backup is never written over one; move it away (its keys may "
            "stay), then restore"
        )


@dataclass(frozen=True)
class Source:
    """Which set is wanted, of which place; by default the newest. `trusted` is the city's public key."""

    address: str
    name: str | None = None
    trusted: PublicKey | None = None


def restore(settings: Settings, source: Source) -> Restored:
    """Put a set in place. Raises `StateThere`, `BackupUnreachable`, `ContentLost`; SharingRefused for a set that is not
    there, or is not signed as it should be.
    """
    place, name = _found(source)
    with one_writer(settings.state):
        _undo_begun(settings)
        _expect_empty(settings)
        with _staged(settings) as stage:
            made, told = _verified(settings, (place, name, source.trusted), stage)
            for path, kept in made.files.items():
                target = stage / path
                target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                if not target.exists():  # a public key that the signature was verified with is there
                    place.get(path, kept.sha256, target)
            keys = _keys(settings, place, made, stage)
            _finish(settings, made, stage)
            return _told(made, told, keys)


def bring_back(settings: Settings, source: Source, part: str) -> Restored:
    """Put one file or folder of a set back into a state that is there. What lies there otherwise is put by below
    `replaced`; the ledger is never put back alone: what it records is of one piece with all the rest.
    """
    place, name = _found(source)
    with one_writer(settings.state), _staged(settings) as stage:
        made, told = _verified(settings, (place, name, source.trusted), stage)
        inside = f"{part.strip('/')}/"
        wanted = {path: kept for path, kept in made.files.items() if f"{path}/".startswith(inside)}
        if not wanted or any(path.startswith(settings.ledger.name) for path in wanted):
            fix = "name a file or folder below the state, such as releases/AGREEMENT, and not the ledger"
            raise SharingRefused("backup_part", part, "the set has no such part that could be put back alone", fix)
        changed = {path: kept for path, kept in wanted.items() if not _is_same(settings.state / path, kept)}
        for path, kept in changed.items():
            (stage / path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not (stage / path).exists():
                place.get(path, kept.sha256, stage / path)
        for path, kept in changed.items():
            _replace(settings, stage, path, kept)
        _give_modes(settings, {path: mode for path, mode in made.folders.items() if f"{path}/".startswith(inside)})
        return _told(replace(made, files=changed), told, settings.key_place.pseudonym.exists())


def _is_same(path: Path, kept: Kept) -> bool:
    return path.is_file() and not path.is_symlink() and file_digest(path) == kept.sha256


def _replace(settings: Settings, stage: Path, path: str, kept: Kept) -> None:
    target, before = settings.state / path, settings.state / "replaced" / path
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    target.parent.chmod(0o700)  # a release's folder is sealed
    if target.exists():
        before.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        target.replace(before)
    (stage / path).chmod(kept.mode)
    (stage / path).replace(target)


def check(settings: Settings, source: Source) -> Restored:
    """Prove a set where it lies; nothing is put in place. Raises as `restore`."""
    place, name = _found(source)
    with TemporaryDirectory(prefix="zhongtai-") as folder:
        made, told = _verified(settings, (place, name, source.trusted), Path(folder))
        for path, kept in made.files.items():
            place.prove(path, kept.sha256)
        if made.keys:
            place.prove(KEYS_NAME, made.keys)
        return _told(made, told, bool(made.keys))


def _found(source: Source) -> tuple[BackupPlace, str]:
    place = BackupPlace.at(source.address)
    known = place.sets()
    if not known:
        fix = "name the folder or URL that `zhongtai backup` was given"
        raise SharingRefused("backup_set", place.address, "no set of a backup lies there", fix)
    if source.name is not None and source.name not in known:
        newest = ", ".join(known[-3:])
        raise SharingRefused("backup_set", source.name, f"no such set lies at {place.address}", f"the newest: {newest}")
    return place, source.name or known[-1]


def _expect_empty(settings: Settings) -> None:
    if settings.has_past or settings.has_past_without_ledger:
        raise StateThere(settings.state)


@contextmanager
def _staged(settings: Settings) -> Iterator[Path]:
    """A folder of the state in which all is proved before any of it is in place; what a crash left of one goes."""
    stage = settings.state / _STAGE
    _remove(stage)
    stage.mkdir(parents=True, mode=0o700)
    try:
        yield stage
    finally:
        _remove(stage)


def _remove(stage: Path) -> None:
    if stage.exists():
        for folder in (stage, *(one for one in stage.rglob("*") if one.is_dir())):
            folder.chmod(0o700)
        shutil.rmtree(stage)


def _verified(
    settings: Settings, wanted: tuple[BackupPlace, str, PublicKey | None], stage: Path
) -> tuple[BackupSet, tuple[str, bool]]:
    """The set, its signature verified: the key's id, and whether somebody beside the backup vouches for it."""
    place, name, given = wanted
    trusted = given or _own(settings)
    data = place.read_set(name)
    made, key_id = read_set(data, name)
    for path, kept in made.files.items():
        if path.startswith(_PUBLIC):
            target = stage / path
            target.parent.mkdir(parents=True, exist_ok=True)
            place.get(path, kept.sha256, target)
    public = stage / _PUBLIC
    key = successor(public, trusted, key_id) or trusted if trusted else _beside(public, key_id, name)
    verified_payload(data, key, name)
    return made, (key.key_id, trusted is not None)


def _own(settings: Settings) -> PublicKey | None:
    """The city's own key, where it was put back before."""
    there = settings.key_place.hardware or settings.key_place.signing.exists()
    return open_signing(settings.key_place).public if there else None


def _beside(public: Path, key_id: str, name: str) -> PublicKey:
    path = public / f"{key_id}.pem"
    if not path.is_file():
        fix = "name the city's public key, with --key FILE"
        raise SharingRefused("backup_key", name, f"no public key {key_id[:16]} is in the set", fix)
    return PublicKey.read(path)


def _keys(settings: Settings, place: BackupPlace, made: BackupSet, stage: Path) -> bool:
    """Put the keys of the set in place, where the state has none; whether it has them then."""
    if settings.key_place.pseudonym.exists() or not made.keys:
        return settings.key_place.pseudonym.exists()
    sealed = stage / KEYS_NAME
    place.get(KEYS_NAME, made.keys, sealed)
    if settings.key_passphrase is None:
        return False
    try:
        packed = pyrage.passphrase.decrypt(sealed.read_bytes(), read_passphrase(settings.key_passphrase).decode())
    except pyrage.DecryptError:
        fix = "name the file of the passphrase that it was taken with, in ZHONGTAI_KEY_PASSPHRASE_FILE"
        raise SharingRefused("backup_keys", made.name, "its keys cannot be opened with this passphrase", fix) from None
    finally:
        sealed.unlink()
    settings.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        # The pseudonym key last: where it is, they all are.
        for member in sorted(tar.getmembers(), key=lambda one: one.name == settings.key_place.pseudonym.name):
            content = tar.extractfile(member)
            if content is not None and "/" not in member.name and not (settings.keys / member.name).exists():
                write_owned(settings.keys / member.name, content.read())
    return True


def _finish(settings: Settings, made: BackupSet, stage: Path) -> None:
    """Everything at its place, with the modes that it had; the ledger last: without it nothing else is believed."""
    for path, kept in made.files.items():
        (stage / path).chmod(kept.mode)
    ledger, named = settings.ledger.name, {path.split("/", 1)[0] for path in (*made.files, *made.folders)}
    tops = sorted(named, key=lambda top: (top == ledger, top.startswith(ledger), top))
    write_file(settings.state / _BEGUN, canonical_json({"tops": tops, "folders": dict(made.folders)}))
    for top in tops:
        (stage / top).replace(settings.state / top)
    _give_modes(settings, made.folders)
    remove_file(settings.state / _BEGUN)


def _undo_begun(settings: Settings) -> None:
    """Take away what a restoring that was killed had put in place; where its ledger is, all was, and is left there."""
    begun = settings.state / _BEGUN
    if not begun.exists():
        return
    told = json.loads(begun.read_bytes())
    if settings.ledger.exists():
        _give_modes(settings, told["folders"])
    else:
        for there in (settings.state / top for top in told["tops"]):
            _remove(there) if there.is_dir() else there.unlink(missing_ok=True)
    remove_file(begun)


def _give_modes(settings: Settings, folders: Mapping[str, int]) -> None:
    for path, mode in sorted(folders.items(), reverse=True):
        (settings.state / path).mkdir(parents=True, exist_ok=True)
        (settings.state / path).chmod(mode)


def _told(made: BackupSet, told: tuple[str, bool], keys: bool) -> Restored:
    size = sum(one.bytes for one in made.files.values())
    return Restored(made.name, made.city, made.taken_at, made.entries, len(made.files), size, *told, keys)
