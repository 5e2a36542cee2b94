"""Folders for one account alone, and the one for files that a run makes and removes, emptied when nobody uses it.

What lies there is what passes through a run: rows that spill, copies in another encoding, products not yet judged.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_READER = "reader."
_OWNER_ONLY = 0o700


def own_folder(folder: Path) -> None:
    """Make a folder, or take an older one back, so that its owner alone may look into it."""
    folder.mkdir(parents=True, exist_ok=True, mode=_OWNER_ONLY)
    if folder.stat().st_mode & 0o777 != _OWNER_ONLY:
        folder.chmod(_OWNER_ONLY)


def reader_spill(process: int) -> str:
    """The name of the folder to which one reading process spills."""
    return f"{_READER}{process}"


def empty_scratch(scratch: Path) -> None:
    """Remove all that lies there, but for what other processes that are reading have spilled. Nobody may be writing."""
    for path in sorted(scratch.iterdir()) if scratch.is_dir() else []:
        if _is_read(path.name):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _is_read(name: str) -> bool:
    process = name.removeprefix(_READER)
    if not name.startswith(_READER) or not process.isdecimal() or int(process) == os.getpid():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
