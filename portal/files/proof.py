"""Whether the files of a release are those that its certificate names: asked before the first byte of any goes out.

A whole release is held against its certificate once, and again as soon as any of its files, the keys, or the day is
another: what tells is the system's own (inode, size, times of change), which nobody who writes to a file can set.
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock

from contracts.clock import day_of
from portal.city import City
from sharing.faults import Fault, SharingRefused
from sharing.release import find_public_key
from sharing.verify import verify_release

_Identity = tuple[object, ...]


class ReleaseDamaged(Exception):
    """A release that is not what its certificate says; nothing of it is served. `faults` say what is wrong."""

    def __init__(self, release_id: str, faults: list[Fault]) -> None:
        self.release_id, self.faults = release_id, faults
        named = ", ".join(sorted({one.rule.replace("_", " ") for one in faults}))
        super().__init__(f"release {release_id} is not as it was released ({named}): tell its publisher")


class Proofs:
    """The releases that were proved, each as it was on the disk then. Safe to use from several threads."""

    def __init__(self) -> None:
        self._proved: dict[Path, _Identity] = {}
        self._lock = Lock()

    def expect(self, city: City, folder: Path) -> None:
        """Raises `ReleaseDamaged` for a release that is not as it was released, FileNotFoundError for one that went."""
        identity = _identity(city, folder)
        with self._lock:
            if self._proved.get(folder) == identity:
                return
        faults = _faults(city, folder)
        if faults:
            raise ReleaseDamaged(folder.name, faults)
        with self._lock:
            self._proved[folder] = identity


def _faults(city: City, folder: Path) -> list[Fault]:
    try:
        key = find_public_key(city.settings.releases, folder)
    except SharingRefused as refusal:
        return [refusal.fault]
    return verify_release(folder, key, city.now())


def _identity(city: City, folder: Path) -> _Identity:
    keys = city.settings.public_keys
    places = [folder, *sorted(folder.iterdir()), *(sorted(keys.iterdir()) if keys.is_dir() else ())]
    return (day_of(city.now()), *(_told(place) for place in places))


def _told(place: Path) -> tuple[object, ...]:
    found = os.lstat(place)
    return str(place), found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_mode
