"""Files that are on the disk when the call returns, and whole whenever anybody can see them.

The few steps that publishing is made of, on a local file system. What is published, and in which order, is not known
here.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from pathlib import Path

_PIECE = 4 * 1024 * 1024


def make_folder(folder: Path) -> None:
    """Make a folder and its parents, if they are not there."""
    folder.mkdir(parents=True, exist_ok=True)
    _sync(folder.parent)


def read_file(path: Path) -> bytes:
    """A regular file's bytes. OSError for anything else: of a pipe nobody may ever write the end."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as reader:
        if not stat.S_ISREG(os.fstat(reader.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        return reader.read()


def copy_file(source: Path, target: Path) -> str:
    """Copy a file's bytes in pieces and return their SHA-256 in hex: the copy is judged by the very bytes written."""
    seen = hashlib.sha256()
    with source.open("rb") as reader, target.open("xb") as writer:
        while piece := reader.read(_PIECE):
            seen.update(piece)
            writer.write(piece)
        writer.flush()
        os.fsync(writer.fileno())
    return seen.hexdigest()


def write_file(path: Path, data: bytes) -> None:
    """Put `data` at `path` in one atomic step: readers see the old content or the new, never a part."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    with draft.open("wb") as writer:
        writer.write(data)
        writer.flush()
        os.fsync(writer.fileno())
    draft.replace(path)
    _sync(path.parent)


def place_file(draft: Path, path: Path) -> None:
    """Give a finished file its name, in one atomic step."""
    place_folder(draft, path)


def place_folder(draft: Path, folder: Path) -> None:
    """Give a finished folder its name, in one atomic step."""
    _sync(draft)
    draft.replace(folder)
    _sync(folder.parent)


def seal_files(folder: Path) -> None:
    """Make the files of a folder read-only, for everybody."""
    for path in folder.iterdir():
        path.chmod(0o444)


def seal_folder(folder: Path) -> None:
    """Let nobody add, rename or remove a file of the folder."""
    folder.chmod(0o555)


def seal_away(folder: Path, target: Path) -> None:
    """Move a folder to `target` on the same file system, for its owner's eyes only: its parent, itself, its files."""
    for place in (target.parent.parent, target.parent):
        place.mkdir(parents=True, exist_ok=True)
        place.chmod(0o700)
    folder.chmod(0o700)
    folder.replace(target)
    for path in target.iterdir():
        if not path.is_symlink():
            path.chmod(0o400)
    target.chmod(0o500)
    _sync(target.parent)
    _sync(folder.parent)


def remove_file(path: Path) -> None:
    """Remove a file, if it is there."""
    path.unlink(missing_ok=True)
    _sync(path.parent)


def remove_folder(folder: Path) -> None:
    """Remove a folder that was never placed, and everything in it, if it is there."""
    if folder.exists():
        folder.chmod(0o755)
        shutil.rmtree(folder)


def _sync(folder: Path) -> None:
    # A rename is on the disk only once its folder is.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
