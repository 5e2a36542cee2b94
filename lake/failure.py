"""An error in words that hold no value, for people, logs and events.

Errors of the platform's own are written for people. Those of libraries may quote cell values, so of them only the kind
and the place are told, with a next step where the kind tells one. Nothing is caught here but by `told`.
"""

from __future__ import annotations

import errno
import sqlite3
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from lake.room import no_room
from lake.settings import REPOSITORY
from lake.ways_back import REBUILD

_OURS = ("contracts", "quality", "lineage", "sharing", "lake", "orchestration", "portal")
_REPORT = "This is a fault of the platform: report it with this line."
# The first that fits.
_NEXT: tuple[tuple[type[BaseException], str], ...] = (
    (
        duckdb.OutOfMemoryException,
        "It needs more than ZHONGTAI_MEMORY allows: give more, or fewer ZHONGTAI_THREADS.",
    ),
    (MemoryError, "The machine has no memory left for it."),
    (duckdb.InvalidInputException, f"A file of the lake may be damaged: `zhongtai audit --deep` names it; {REBUILD}."),
    (duckdb.IOException, f"A file of the lake is missing or damaged: `zhongtai audit --deep` names it; {REBUILD}."),
    (sqlite3.OperationalError, "A file of the state is held by another process, or may not be written."),
    (sqlite3.DatabaseError, "A file of the state is damaged: restore it from a backup."),
)


class StepFailed(Exception):
    """A step of a run failed; the text says which and why, and holds no value."""

    def __init__(self, step: str, why: str) -> None:
        self.step, self.why = step, why
        super().__init__(f"{step}: {why}")


class StateDamaged(RuntimeError):
    """A file that a run leaves and the next one makes again cannot be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} is damaged; `zhongtai run` makes it again")


def is_ours(error: BaseException) -> bool:
    """Whether an error is of the platform's own kinds, whose text is made for people."""
    return type(error).__module__.split(".")[0] in _OURS


def words(error: BaseException) -> str:
    """What may be told of an error: that no room is left, its own text where it is the platform's, else kind, place
    and next step."""
    if full := no_room():
        return full
    if is_ours(error):
        return str(error)
    error = getattr(error, "orig", None) or error  # SQLAlchemy's own are about SQLite's
    if _is_full(error):
        return "There is no space left for what has to be written. Free space, then try again."
    if isinstance(error, OSError) and not error.filename and error.strerror:
        return f"{error.strerror} ({type(error).__name__} at {place(error)}). Mend that, then try again."
    if isinstance(error, OSError) and error.filename:
        step = "Free space there" if error.errno in {errno.ENOSPC, errno.EDQUOT} else "Mend that"
        return f"{error.strerror or type(error).__name__}: {error.filename}. {step}, then try again."
    fix = next((step for kind, step in _NEXT if isinstance(error, kind)), _REPORT)
    return f"{type(error).__name__} at {place(error)}. {fix}"


def _is_full(error: BaseException) -> bool:
    full = isinstance(error, sqlite3.OperationalError) and "is full" in str(error)
    return full or (isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT} and not error.filename)


def place(error: BaseException) -> str:
    """Where in the platform's own code an error was raised, or passed through last."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if any(Path(frame.filename).is_relative_to(REPOSITORY / name) for name in _OURS)]
    found = own or frames
    return f"{Path(found[-1].filename).name}:{found[-1].lineno}" if found else "an unknown place"


@contextmanager
def told(step: str) -> Iterator[None]:
    """Whatever is raised inside leaves as a `StepFailed`, without the text and the stack of what a library said."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, StepFailed):
        raise
    except BaseException as error:
        raise StepFailed(step, words(error)) from None
