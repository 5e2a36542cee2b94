"""Whether there is room left where this process writes: tried once something failed, whatever an engine said of it.

Libraries tell a full disk in many words, some of which send people to restore what is well. What is said of other
failures is `failure`'s.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

# The least that is written at once: the index of a SQLite log is 32 KiB, a first row group more.
_TRIED_BYTES = 1 << 18
_LEAST_BYTES = 64 << 20
_LAKE = "lake"
_WATCHED: dict[Path, None] = {}


def watch(folder: Path) -> None:
    """Have a folder asked when something fails: this process writes there."""
    _WATCHED[folder] = None


def no_room() -> str:
    """Of the watched folders the first without room: which, how much is free, how much is needed. Empty if all have."""
    return next((_words(folder) for folder in _WATCHED if _is_full(folder)), "")


def _is_full(folder: Path) -> bool:
    there = next((one for one in (folder, *folder.parents) if one.is_dir()), None)
    if there is None or not os.access(there, os.W_OK):
        return False
    tried = there / f".room.{os.getpid()}.draft"
    try:
        with tried.open("wb") as file:
            file.write(bytes(_TRIED_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        return True
    finally:
        tried.unlink(missing_ok=True)
    return False


def _words(folder: Path) -> str:
    there = next(one for one in (folder, *folder.parents) if one.is_dir())
    free, needed = shutil.disk_usage(there).free, max(_LEAST_BYTES, _bytes(folder / _LAKE))
    return (
        f"no space left in {folder}: {free:,} bytes are free there, and {needed:,} should be, as much as the lake "
        "holds and no less than 64 MiB. Make room there, then do it again; nothing is half done"
    )


def _bytes(folder: Path) -> int:
    # What others remove meanwhile is not there to be counted.
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
