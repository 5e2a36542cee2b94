"""The declarations as they are now: read again when their files change, while the portal serves.

Where they cannot be read, what was read before goes on to be shown, and every page says so: what leaves was judged by
runs, and by nothing here. Persons are followed by themselves, at each request (`people/declared.py`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from contracts.faults import DeclarationsRefused
from contracts.folders import CITY_FILE
from lake.city import declarations
from portal.city import City
from portal.differences import sweep

_SECONDS = 5.0
_State = tuple[tuple[str, int, int], ...]


class Following:
    """The declarations of one city, followed."""

    def __init__(self, city: City) -> None:
        self._city, self._seen, self._read = city, state(city), state(city)

    def look(self) -> None:
        """Read them again, if they have changed and then stayed as they are for one look."""
        before, self._seen = self._seen, state(self._city)
        if self._seen in (self._read, ()) or self._seen != before:
            return
        self._read = self._seen
        try:
            self._city.catalogue = declarations(self._city.settings)
            self._city.unreadable = ""
        except (DeclarationsRefused, OSError) as error:
            self._city.unreadable = f"{_told(error)}: see `zhongtai plan`"


def _told(error: DeclarationsRefused | OSError) -> str:
    if isinstance(error, OSError):
        return f"a file cannot be read ({error.strerror})"
    first, more = error.faults[0], len(error.faults) - 1
    return f"{first}{f' (and {more} more)' if more else ''}"


@contextmanager
def followed(city: City) -> Iterator[None]:
    """While this lasts, the declarations are looked at every few seconds."""
    following, ended = Following(city), Event()

    def watch() -> None:
        while not ended.wait(_SECONDS):
            following.look()
            sweep(city)  # what was withdrawn meanwhile leaves no rows here

    thread = Thread(target=watch, name="declarations", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def state(city: City) -> _State:
    """Every declaration's path, size and time of change."""
    root = city.settings.workspace
    files = [root / CITY_FILE]
    for folder, _, names in os.walk(root / "contracts"):
        files += [root / folder / name for name in names if name.endswith((".yml", ".yaml", ".json"))]
    found = []
    for file in sorted(files):
        try:
            told = file.stat()
        except OSError:
            continue
        found.append((str(file), told.st_size, told.st_mtime_ns))
    return tuple(found)
