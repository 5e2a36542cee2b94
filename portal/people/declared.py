"""The persons as they are declared now: read again when their files change, so that a role ends without a restart.

Declarations that cannot be read declare nobody: nobody is let in by what was true before.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from contracts.acts import DeclaredPersons, Person, person_key
from contracts.faults import DeclarationsRefused
from contracts.folders import CITY_FILE
from contracts.load import load_persons

_State = tuple[tuple[int, int, int], ...]


class Declared:
    """The persons of a workspace; `first` are those that were read as the portal began, for a city without files."""

    def __init__(self, workspace: Path, first: DeclaredPersons) -> None:
        self._files = (workspace / CITY_FILE, workspace / "contracts" / "persons.yml")
        self._workspace, self._lock = workspace, Lock()
        self._state, self._persons = self._seen(), first
        self.unreadable = ""
        """Why the declarations cannot be read as they are now, so that nobody is let in; "" where they can."""

    def now(self) -> DeclaredPersons:
        """Everybody who is declared at this moment."""
        with self._lock:
            seen = self._seen()
            if seen != self._state:
                self._persons = self._read()
                self._state = seen
            return self._persons

    def find(self, name: str) -> Person | None:
        """A person by name; None for nobody's."""
        return self.now().persons.get(person_key(name))

    def _read(self) -> DeclaredPersons:
        try:
            found = load_persons(self._workspace)
        except DeclarationsRefused as refused:
            self.unreadable = _first(refused)
            return DeclaredPersons({})
        except OSError as error:
            self.unreadable = f"a file cannot be read ({error.strerror})"
            return DeclaredPersons({})
        self.unreadable = ""
        return found

    def _seen(self) -> _State:
        return tuple(map(_state, self._files))


def _first(refused: DeclarationsRefused) -> str:
    """File, line and place of the first fault: what is wrong is the city's to see, and not every visitor's."""
    one = refused.faults[0]
    line = f":{one.line}" if one.line else ""
    return f"{one.file}{line}{f': {one.where}' if one.where else ''}"


def _state(file: Path) -> tuple[int, int, int]:
    try:
        found = file.stat()
    except OSError:
        return 0, 0, 0
    return found.st_ino, found.st_size, found.st_mtime_ns
