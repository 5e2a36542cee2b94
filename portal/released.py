"""What a recipient finds: one share of the city, a schema for each agreement, and its product as the table in it.

A version is one switch of the agreement's release, in the order of the ledger, from 0 on; one that was withdrawn is a
number that nobody can read any more. What a protocol calls things is that protocol's.
"""

from __future__ import annotations

import glob
import time
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from contracts.clock import today
from portal.city import City
from sharing.candidate import parquet_files
from sharing.certificate import Predicate, Statement
from sharing.release import Release, current_release, list_releases
from sharing.switches import Switch, switches


@dataclass(frozen=True)
class Version:
    """One version of a table: its number, when it was released, and its release's folder and certificate."""

    number: int
    at: datetime
    release_id: str
    folder: Path
    statement: Statement

    @property
    def files(self) -> tuple[Path, ...]:
        """Its Parquet files, in name order."""
        return parquet_files(self.folder)

    @property
    def milliseconds(self) -> int:
        """When it was released, in milliseconds since 1970."""
        return int(self.at.timestamp() * 1000)


@dataclass(frozen=True)
class Table:
    """One table of a recipient: the product of one of its agreements, with the versions that can be read."""

    share: str
    schema: str
    name: str
    agreement: str
    recipient: str
    versions: tuple[Version, ...]

    @property
    def newest(self) -> Version:
        """The version that is current."""
        return self.versions[-1]

    def numbered(self, number: int) -> Version | None:
        """The version of a number; None where there is none, or none any more."""
        return next((one for one in self.versions if one.number == number), None)

    def as_of(self, at: datetime) -> Version | None:
        """The version that was current at a moment, if it can be read still."""
        return next((one for one in reversed(self.versions) if one.at <= at), None)

    def since(self, at: datetime) -> Version | None:
        """The first version that was released at or after a moment, of those that can be read."""
        return next((one for one in self.versions if one.at >= at), None)


class Released:
    """What is released in a city, to whom: read anew when a folder of releases has changed. Used from any thread."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._known: dict[str, tuple[_State, Table | None]] = {}

    def tables(self, recipient: str) -> list[Table]:
        """The tables that a recipient may read now, by schema: of agreements in their term with a current release."""
        return [table for name in self._agreements(recipient) if (table := self._of(recipient, name))]

    def table(self, recipient: str, schema: str, name: str) -> Table | None:
        """One table of a recipient; None where it may read none of that name, whatever else there is."""
        agreement = f"{recipient}__{schema}"
        if agreement not in self._agreements(recipient):
            return None
        table = self._of(recipient, agreement)
        return table if table is not None and table.name == name else None

    def _agreements(self, recipient: str) -> list[str]:
        root = self._city.settings.releases
        return sorted(one.name for one in root.glob(f"{glob.escape(recipient)}__*")) if root.is_dir() else []

    def _of(self, recipient: str, agreement: str) -> Table | None:
        for _ in range(_TRIES):
            try:
                found = self._read(agreement)
            except _Switching:
                time.sleep(_PAUSE)  # what is switched is there before and after: nobody is told that it is not
            else:
                return found if found is not None and found.recipient == recipient else None
        return None

    def _read(self, agreement: str) -> Table | None:
        root, day = self._city.settings.releases, today(self._city.settings.clock)
        before = _state(root / agreement, day)
        known = self._known.get(agreement)
        if known is not None and known[0] == before:
            found = known[1]
        else:
            found = _table(self._city, agreement, day)
            # What changed just now may change again within the file system's own tick.
            if time.time_ns() - before.changed > _TICK:
                self._known[agreement] = (before, found)
        return found


@dataclass(frozen=True)
class _State:
    """A folder of releases at a moment: every switch, release and tombstone is a change of it."""

    day: date
    inode: int
    changed: int


_TICK = 100_000_000
_TRIES, _PAUSE = 20, 0.01


class _Switching(Exception):
    """A table is switched at this very moment: what was read of it is of two versions."""


def _state(home: Path, day: date) -> _State:
    try:
        found = home.stat()
    except OSError:
        return _State(day, 0, 0)
    return _State(day, found.st_ino, max(found.st_mtime_ns, found.st_ctime_ns))


def _table(city: City, agreement: str, day: date) -> Table | None:
    root = city.settings.releases
    current = current_release(root, agreement, day)
    if current is None or current.statement is None:
        return None
    terms = current.statement.predicate.agreement
    there = {one.release_id: one for one in list_releases(root, agreement)}
    numbered = enumerate(switches(city.ledger, root, agreement))
    every = [found for number, one in numbered if (found := _version(number, one, there, terms.recipient))]
    versions = [one for one in every if _covered(one.statement.predicate, current.statement.predicate)]
    if not versions or versions[-1].release_id != current.release_id:
        raise _Switching  # between one reading and the next
    schema = agreement.removeprefix(f"{terms.recipient}__")
    return Table(city.name, schema, current.statement.predicate.product, agreement, terms.recipient, tuple(versions))


def _covered(earlier: Predicate, current: Predicate) -> bool:
    """Whether what was released before is no more than what is agreed on now: other columns, rows, masks, levels or
    another purpose are no longer the recipient's to read, though the files are kept.
    """
    now = {one.name: (one.mask, one.shape) for one in current.columns}
    same = all(now.get(one.name) == (one.mask, one.shape) for one in earlier.columns)
    before, terms = earlier.agreement, current.agreement
    if before.level_ceiling > terms.level_ceiling or before.category_ceiling.rank > terms.category_ceiling.rank:
        return False
    said, says = (earlier.row_scope, before.purpose_code), (current.row_scope, terms.purpose_code)
    return same and said == says and before.scope == terms.scope


def _version(number: int, switch: Switch, there: dict[str, Release], recipient: str) -> Version | None:
    release = there.get(switch.release_id)
    if release is None or release.statement is None or release.state == "withdrawn" or release.recipient != recipient:
        return None
    return Version(number, switch.at, release.release_id, release.path, release.statement)
