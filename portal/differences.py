"""What changed of a product from one release to the next: rows that came, went, and were other before, by its key.

Two releases to one recipient are compared, each of which that recipient may read; what is told is nothing that they do
not. The difference is made once, as a Parquet file beside the portal's own state, and known by a signature again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import duckdb
import pyarrow.parquet as pq

from contracts.sql_text import identifier, literal
from portal.city import City
from portal.released import Table, Version
from sharing.canonical import file_digest
from sharing.certificate import CERTIFICATE
from sharing.durable import make_folder, place_file, write_file

TYPE = "_change_type"
_NAME = "changes-since-{}.parquet"
_NAMED = re.compile(r"changes-since-([0-9a-f]{32})\.parquet")
_MAKING = Lock()


class ChangesUnknown(Exception):
    """The changes that are asked for cannot be told; it says why."""


@dataclass(frozen=True)
class Step:
    """What made a version of the one before it: `before` is None for the first, all of whose rows came."""

    version: Version
    before: Version | None

    @property
    def name(self) -> str:
        """The name of the file of its difference."""
        return _NAME.format(self.before.release_id) if self.before else ""


def steps(table: Table, start: int, end: int) -> list[Step]:
    """The steps from one version to another, both included. Raises `ChangesUnknown` where one cannot be read."""
    known = {one.number: one for one in table.versions}
    found = []
    for number in range(start, end + 1):
        version, before = known.get(number), known.get(number - 1)
        if version is None or (number and before is None):
            what = f"version {number if version is None else number - 1} was withdrawn, or is not kept any more"
            raise ChangesUnknown(f"{what}: read the table whole, and its changes from there on")
        found.append(Step(version, before))
    return found


class Differences:
    """The differences of one city's releases."""

    def __init__(self, city: City) -> None:
        self._city = city

    def file(self, table: Table, step: Step) -> Path:
        """The file of a step's difference, made where it is not there as it was made. Raises `ChangesUnknown`."""
        assert step.before is not None
        key = self._city.row_key(table.agreement)
        if not key:
            what = f"{table.name} has no key: no rule of its agreement says which columns tell its rows apart"
            raise ChangesUnknown(what)
        place = self._folder(step.version) / step.name
        with _MAKING:  # whoever else asks for it waits, and finds it made
            if not self._stands(place, key):
                self._make(place, step, key)
        return place

    def stored(self, table: Table, version: Version, name: str) -> Path | None:
        """The file of a name that was made for a version; None where there is none, or not as it was made, and where
        the release before it may be read no more: then it goes, since it has rows of that."""
        place, named = self._folder(version) / name, _NAMED.fullmatch(name)
        if named is None:
            return None
        if named[1] not in {one.release_id for one in table.versions}:
            place.unlink(missing_ok=True)
            _mark(place).unlink(missing_ok=True)
            return None
        return place if self._stands(place, self._city.row_key(table.agreement)) else None

    def _folder(self, version: Version) -> Path:
        return _kept(self._city) / version.release_id

    def _stands(self, place: Path, key: Sequence[str]) -> bool:
        try:
            told = json.loads(_mark(place).read_bytes())
            return hmac.compare_digest(str(told["signature"]), self._signature(place, key))
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def _signature(self, place: Path, key: Sequence[str]) -> str:
        text = json.dumps(["difference", place.parent.name, place.name, list(key), file_digest(place)])
        return hmac.new(self._city.key, text.encode(), hashlib.sha256).hexdigest()

    def _make(self, place: Path, step: Step, key: Sequence[str]) -> None:
        assert step.before is not None
        make_folder(place.parent)
        for folder in (place.parent, place.parent.parent):
            folder.chmod(0o700)  # rows of releases, for nobody but who serves them
        draft = place.with_suffix(f".{os.getpid()}.draft")
        draft.unlink(missing_ok=True)
        settings = self._city.settings
        with duckdb.connect(config={"memory_limit": settings.memory_limit, "threads": 1}) as connection:
            connection.execute("set enable_progress_bar = false")
            connection.execute(_difference(step.before.files, step.version.files, key, draft))
        place_file(draft, place)
        write_file(_mark(place), json.dumps({"signature": self._signature(place, key)}).encode())


def _kept(city: City) -> Path:
    return city.settings.state / "portal" / "changes"


def sweep(city: City) -> None:
    """Remove the differences of releases of which one stands no more: they have rows of what was withdrawn."""
    root = city.settings.releases
    standing = {one.parent.name for one in root.glob(f"*/*/{CERTIFICATE}")}
    for file in _kept(city).glob("*/*.parquet"):
        named = _NAMED.fullmatch(file.name)
        if named is None or not {named[1], file.parent.name} <= standing:
            file.unlink(missing_ok=True)
            _mark(file).unlink(missing_ok=True)


def _mark(place: Path) -> Path:
    return place.with_suffix(".json")


def _difference(before: Sequence[Path], after: Sequence[Path], key: Sequence[str], target: Path) -> str:
    """SQL that writes the rows of which the two have not the same, each with what became of it, by key."""
    names = pq.read_schema(after[0]).names
    if TYPE in names:
        raise ChangesUnknown(f"a column is called {TYPE}, as the protocol calls its own: read the table whole")
    if names != pq.read_schema(before[0]).names or not set(key) <= set(names):
        raise ChangesUnknown("the columns of the two releases differ: read the table whole")
    listed = ", ".join(identifier(name) for name in names)
    keys = ", ".join(identifier(name) for name in key)
    old, new = (", ".join(literal(str(one)) for one in files) for files in (before, after))
    same = " and ".join(f"o.{identifier(name)} is not distinct from n.{identifier(name)}" for name in key)
    other = " or ".join(f"o.{identifier(name)} is distinct from n.{identifier(name)}" for name in names)
    rows = [
        f"select o.*, 'delete' as {TYPE} from o anti join n on {same}",
        f"select n.*, 'insert' as {TYPE} from n anti join o on {same}",
        f"select o.*, 'update_preimage' as {TYPE} from o semi join n on {same} and ({other})",
        f"select n.*, 'update_postimage' as {TYPE} from n semi join o on {same} and ({other})",
    ]
    both = f"with o as (select {listed} from read_parquet([{old}])), n as (select {listed} from read_parquet([{new}])) "
    made = f"{both} select * from ({' union all '.join(rows)}) order by {keys}, {TYPE}"
    return f"copy ({made}) to {literal(str(target))} (format parquet)"
