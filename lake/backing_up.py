"""Taking a backup: everything of a city's state that cannot be made again by itself, as it is at one moment.

Nobody writes meanwhile, and readers go on reading. What lies at the place already is not written again. The keys are in
it only where that was asked for, sealed with a passphrase: without them a backup is of no use, with them it is all.
"""

from __future__ import annotations

import io
import sqlite3
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pyrage

from lake.attach import seal_lake
from lake.backup_place import BackupPlace
from lake.backup_pruning import Pruned, prune
from lake.backup_set import BackupSet, Kept
from lake.city import open_books, silent
from lake.indicators.taking import store_path
from lake.lake_files import known_files
from lake.scratch import own_folder
from lake.settings import Settings
from lake.window_file import windows_file
from sharing.canonical import file_digest
from sharing.chain import Head
from sharing.faults import SharingRefused
from sharing.keys import Signer, read_passphrase
from sharing.release import list_releases

LEFT_OUT = (
    *(
        "scratch",
        "extensions",
        "dagster",
        "dagster.damaged-*",
        "dbt",
        "keys",
        "*.lock",
        "*.open",
        "*-wal",
        "*-shm",
    ),
    *("lake.before-rebuild-*", "replaced", ".rebuilding", ".restoring", ".restoring.json"),
)
"""What of a state is in no backup, by name: made again by itself, of one process, or, as keys, kept apart."""
_DRAFTS = (".*.draft", ".*.part", ".*.sealed")
KEYS_NAME = "keys"


@dataclass(frozen=True)
class Taken:
    """What a backup did: the set's name, its files and bytes, and how much of that had to be written. `not_whole` are
    files of the lake, and standing releases, that are not as they were written down: the set has them as they are."""

    name: str
    place: str
    files: int
    bytes: int
    written: int
    bytes_written: int
    with_keys: bool
    not_whole: tuple[str, ...] = ()
    pruned: Pruned | None = None

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        facts = {key: value for key, value in vars(self).items() if key != "name"}
        pruned = self.pruned.as_dict() if self.pruned else None
        return {"set": self.name, **facts, "not_whole": list(self.not_whole), "pruned": pruned}


@dataclass(frozen=True)
class Asked:
    """What is asked for: where to, by whom, whether with the keys, and how many of the newest sets are to be left."""

    address: str
    by: str
    with_keys: bool = False
    keep: int | None = None


def back_up(settings: Settings, city: str, asked: Asked) -> Taken:
    """Take a set to a folder or URL, on the record. Raises `BackupUnreachable`, `NothingRunYet`, `LakeBusy`,
    PastLacking; SharingRefused for keys without a passphrase to seal them with.
    """
    place = BackupPlace.at(asked.address)
    if asked.with_keys and settings.key_passphrase is None:
        fix = "name the file of a passphrase, mode 0600, in ZHONGTAI_KEY_PASSPHRASE_FILE; or leave --with-keys out"
        raise SharingRefused("backup_keys", "--with-keys", "keys are not copied in the clear", fix)
    _expect_outside(settings, place)
    return _taken(settings, city, place, asked)


def _expect_outside(settings: Settings, place: BackupPlace) -> None:
    if place.local and Path(place.root).is_relative_to(settings.state):
        fix = "name a folder elsewhere, best on another machine"
        raise SharingRefused("backup_place", place.address, "it lies in the very state that is backed up", fix)


def _taken(settings: Settings, city: str, place: BackupPlace, asked: Asked) -> Taken:
    with open_books(settings, silent) as (ledger, signer):
        now, facts = settings.clock.now(), {"by": asked.by, "place": place.address, "with_keys": asked.with_keys}
        ledger.append("access", {"subject": "backup", **facts}, now)
        if settings.catalog.exists():
            seal_lake(settings)
        name = f"{now.strftime('%Y%m%dT%H%M%S')}-{ledger.head().seq:09d}"
        own_folder(settings.scratch)
        taken = _Taking(settings, place, asked.with_keys).take((name, city, now.isoformat()), ledger.head(), signer)
        # A set that is not whole is no reason to let an older one go. Nobody else takes one here meanwhile.
        return replace(taken, pruned=prune(place, asked.keep)) if asked.keep and not taken.not_whole else taken


def _is_other(files: Mapping[str, Kept], path: Path, subject: Any) -> bool:
    kept = files.get(str(path))
    return kept is None or kept.sha256 != subject.digest.get("sha256")


@dataclass(frozen=True)
class _Taking:
    """One set on its way to its place."""

    settings: Settings
    place: BackupPlace
    with_keys: bool

    def take(self, named: tuple[str, str, str], head: Head, signer: Signer) -> Taken:
        known, files, written = self.place.known(), dict[str, Kept](), dict[str, int]()
        for path in self._files():
            kept = self._put(path, known, written)
            files[str(path.relative_to(self.settings.state))] = kept
        keys = self._put_keys(known, written) if self.with_keys else ""
        made = BackupSet(*named, head.seq, files, self._folders(), keys)
        self.place.write_set(made.name, made.signed(signer))
        size = sum(one.bytes for one in files.values())
        facts = (made.name, self.place.address, len(files), size)
        return Taken(*facts, len(written), sum(written.values()), bool(keys), tuple(self._not_whole(files)))

    def _not_whole(self, files: Mapping[str, Kept]) -> Iterator[str]:
        """The files that the set lacks, or has as somebody changed them."""
        lake = self.settings.lake_data.relative_to(self.settings.state)
        for name, told in known_files(self.settings).items():
            kept = files.get(str(lake / name))
            if kept is None or kept.sha256 != told:
                yield str(lake / name)
        for release in list_releases(self.settings.releases):
            if release.state != "withdrawn":
                folder = release.path.relative_to(self.settings.state)
                subjects = release.statement.subject if release.statement else ()
                if release.statement is None or any(_is_other(files, folder / one.name, one) for one in subjects):
                    yield str(folder)

    @property
    def _databases(self) -> tuple[Path, ...]:
        """SQLite files that somebody may have open, with what is newest beside them."""
        own = self.settings
        return own.ledger, own.catalog, windows_file(own), store_path(own.state)

    def _put(self, path: Path, known: dict[str, int], written: dict[str, int]) -> Kept:
        if path in self._databases:
            copy = self._copied(path)
            try:
                return self._put_file(copy, path.stat().st_mode, (known, written))
            finally:
                copy.unlink()
        return self._put_file(path, path.stat().st_mode, (known, written))

    def _put_file(self, path: Path, mode: int, had: tuple[dict[str, int], dict[str, int]]) -> Kept:
        known, written = had
        digest, size = file_digest(path), path.stat().st_size
        if known.get(digest) != size:
            self.place.put(path, digest)
            known[digest] = written[digest] = size
        return Kept(digest, size, mode & 0o777)

    def _copied(self, database: Path) -> Path:
        """A SQLite file with all that still lies beside it, as one file: by SQLite's own way, under readers' eyes."""
        copy = self.settings.scratch / f"backup.{database.name}"
        copy.unlink(missing_ok=True)
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        return copy

    def _put_keys(self, known: dict[str, int], written: dict[str, int]) -> str:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for path in sorted(self.settings.keys.iterdir()):
                if path.is_file() and not path.name.startswith("."):
                    tar.add(path, path.name, recursive=False)
        passphrase = self.settings.key_passphrase
        sealed = pyrage.passphrase.encrypt(
            packed.getvalue(), read_passphrase(passphrase).decode() if passphrase else ""
        )
        file = self.settings.scratch / f"backup.{KEYS_NAME}"
        file.write_bytes(sealed)
        try:
            return self._put_file(file, 0o600, (known, written)).sha256
        finally:
            file.unlink()

    def _files(self) -> Iterator[Path]:
        for top in self._tops():
            for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
                parts = path.relative_to(self.settings.state).parts
                if path.is_file() and not path.is_symlink() and not any(_fits(part, _DRAFTS) for part in parts):
                    yield path

    def _folders(self) -> dict[str, int]:
        state = self.settings.state
        found = [path for top in self._tops() if top.is_dir() for path in (top, *sorted(top.rglob("*")))]
        return {str(one.relative_to(state)): one.stat().st_mode & 0o777 for one in found if one.is_dir()}

    def _tops(self) -> list[Path]:
        return [path for path in sorted(self.settings.state.iterdir()) if not _fits(path.name, (*LEFT_OUT, *_DRAFTS))]


def _fits(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)
