"""Sets of a backup that are more than were asked to be kept, and contents that no set names any more.

Sets go first, contents after: a pruning that is killed leaves contents that nobody names, and the next takes them.
While a set that stays cannot be read no content goes, since it may be one of its. One city's backups have a place of
their own, and one writer at a time takes and prunes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lake.backup_place import BackupPlace
from lake.backup_set import read_set
from sharing.faults import SharingRefused


@dataclass(frozen=True)
class Pruned:
    """What left a place: sets by name, contents, and their bytes. `unread` are sets for whose sake no content went."""

    sets: tuple[str, ...] = ()
    contents: int = 0
    bytes: int = 0
    unread: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return {**vars(self), "sets": list(self.sets), "unread": list(self.unread)}


def prune(place: BackupPlace, keep: int) -> Pruned:
    """Leave the newest sets, and the contents that they name. Raises `BackupUnreachable`; ValueError below one set."""
    if keep < 1:
        raise ValueError("a backup of no set is none")
    sets = place.sets()
    leaving, staying = sets[:-keep], sets[-keep:]
    for name in leaving:
        place.remove_set(name)
    named, unread = _named(place, staying)
    gone = {} if unread else {digest: size for digest, size in place.known().items() if digest not in named}
    for digest in gone:
        place.remove(digest)
    return Pruned(tuple(leaving), len(gone), sum(gone.values()), tuple(unread))


def _named(place: BackupPlace, sets: list[str]) -> tuple[set[str], list[str]]:
    named, unread = set[str](), list[str]()
    for name in sets:
        try:
            found, _ = read_set(place.read_set(name), name)
        except (SharingRefused, FileNotFoundError):
            unread.append(name)
        else:
            named.update(one.sha256 for one in found.files.values())
            named.add(found.keys)
    return named, unread
