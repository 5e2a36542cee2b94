"""Tombstones: the files that withdraw a release, for good, and say why, since when and by whom.

    <releases>/<agreement>/<release id>.withdrawn.json   beside the release's place, which never changes
    <releases>/.withdrawn/<agreement>/<release id>/      where the release itself is put, for its owner only

Reading and writing them alone; which release is withdrawn, and who is told, is their callers'.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sharing import durable
from sharing.canonical import canonical_json

SEALED = ".withdrawn"
_END = ".withdrawn.json"


@dataclass(frozen=True)
class Reason:
    """Why something is withdrawn: in words, by whom (empty: the platform itself), for which recalled batch, and by
    which signed act (its SHA-256).
    """

    words: str
    by: str = ""
    batch: str = ""
    act: str = ""


@dataclass(frozen=True)
class Tombstone:
    """One withdrawal as its file says it; `at` is ISO 8601, and what a damaged file does not say is empty."""

    agreement: str
    release_id: str
    reason: str = ""
    at: str = ""
    by: str = ""
    batch: str = ""
    act: str = ""

    @property
    def why(self) -> Reason:
        """Its reason, as it was given."""
        return Reason(self.reason, self.by, self.batch, self.act)


def tombstone(home: Path, identity: str) -> Path:
    """The file whose being there withdraws a release; beside the release's folder, in its agreement's."""
    return home / f"{identity}{_END}"


def write_tombstone(home: Path, identity: str, why: Reason, at: datetime) -> Tombstone:
    """Withdraw a release; where it is withdrawn already, that stands. Returned is what stands."""
    path = tombstone(home, identity)
    if not path.exists():
        record = {"agreement": home.name, "release_id": identity, "reason": why.words, "at": at.isoformat()}
        more = {name: value for name, value in vars(why).items() if value and name != "words"}
        durable.write_file(path, canonical_json(record | more))
    return read_tombstone(path)


def read_tombstone(path: Path) -> Tombstone:
    """What a tombstone says; its being there withdraws, whatever it says."""
    try:
        said = json.loads(durable.read_file(path))
        known = {name: str(said[name]) for name in ("reason", "at", "by", "batch", "act") if name in said}
    except (OSError, ValueError, TypeError, RecursionError):
        known = {}
    return Tombstone(path.parent.name, path.name.removesuffix(_END), **known)


def tombstones(releases_root: Path, agreement: str = "*") -> Iterator[Tombstone]:
    """Every tombstone of an agreement or of all, in the order of their names."""
    for path in sorted(releases_root.glob(f"{agreement}/*{_END}")):
        if not path.parent.name.startswith("."):
            yield read_tombstone(path)


def sealed_folder(home: Path, identity: str) -> Path:
    """Where a withdrawn release of an agreement is put; `home` is the agreement's folder."""
    return home.parent / SEALED / home.name / identity


def home_of(folder: Path) -> Path:
    """The agreement's folder below the releases to which a release's folder belongs, sealed away or not."""
    home = folder.parent
    return home.parent.parent / home.name if home.parent.name == SEALED else home
