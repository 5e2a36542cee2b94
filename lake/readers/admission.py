"""What may be opened at all: a regular file inside the deliveries root. Nothing is read here.

A pipe would be waited for without end, a device has no end, and a link may lead to what no department delivered.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

from contracts.model import Dataset
from lake.readers.refusal import DeliveryRefused
from lake.readers.stores import filesystem_of

_KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a pipe (FIFO)"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a character device"),
    (stat.S_ISBLK, "a block device"),
)
_AGAIN = "Ask the department to deliver it again."
# What the system says of a file, in words, and what to do.
_SYSTEM = {
    errno.ENOENT: ("the file is missing", _AGAIN),
    errno.ENOTDIR: ("the file is missing", _AGAIN),
    errno.ELOOP: ("a link that leads back to itself", "Put the file itself there."),
    errno.EACCES: ("the file may not be read", "Give the account that runs zhongtai the right to read it."),
    errno.EPERM: ("the file may not be read", "Give the account that runs zhongtai the right to read it."),
    errno.EISDIR: ("a directory", "Put a file there, or correct servers.path in the contract."),
    errno.ENAMETOOLONG: ("its name is too long for a copy of it", "Ask for it under a shorter name."),
    errno.ENOSPC: ("there is no space left for its copy", "Free space below the state folder, then run again."),
    errno.EDQUOT: ("there is no space left for its copy", "Free space below the state folder, then run again."),
    errno.EROFS: ("its copy may not be written", "Give the account that runs zhongtai a state folder to write to."),
}


def admit(dataset: Dataset, url: str, root: Path | str) -> None:
    """Raises `DeliveryRefused` for anything but a regular file that lies below `root` itself."""
    filesystem, path = filesystem_of(url)
    if printable(path) != path:
        fix = "Ask for it under a name in UTF-8."
        raise DeliveryRefused(dataset.id, printable(Path(path).name), "its name is not UTF-8", "its name", fix)
    if "file" in (filesystem.protocol if isinstance(filesystem.protocol, tuple) else (filesystem.protocol,)):
        _admit_local(dataset, Path(path), filesystem_of(str(root))[1])
    elif (kind := filesystem.info(path)["type"]) != "file":
        words = {word for _, word in _KINDS}
        raise _not_a_file(dataset, Path(path).name, kind if kind in words else f"a {kind}")


def _admit_local(dataset: Dataset, path: Path, root: str) -> None:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise refused_by_system(dataset, path.name, error) from None
    if not stat.S_ISREG(mode):
        raise _not_a_file(dataset, path.name, kind_of(mode))
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root)):
        raise DeliveryRefused(
            dataset.id,
            path.name,
            "a link that leads out of the deliveries folder",
            "the file's place",
            "Put the file itself there: what lies elsewhere was not delivered.",
        )


def kind_of(mode: int) -> str:
    """What a file's mode says it is, in words: "file" for a regular one, and for one whose store tells no kind."""
    if stat.S_ISREG(mode) or not stat.S_IFMT(mode):
        return "file"
    return next((word for is_kind, word in _KINDS if is_kind(mode)), "something else")


def printable(name: str) -> str:
    """A file's name as it can be written down: bytes that are no UTF-8 as escapes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _not_a_file(dataset: Dataset, name: str, kind: str) -> DeliveryRefused:
    fix = "Put a file there, or correct servers.path in the contract so that it matches files alone."
    return DeliveryRefused(dataset.id, name, f"it is {kind}, not a file; it was not opened", "the file's place", fix)


def refused_by_system(dataset: Dataset, name: str, error: OSError) -> DeliveryRefused:
    """The operating system's refusal in words; its own name for it where there are no better ones."""
    kind = errno.errorcode.get(error.errno or 0, type(error).__name__)
    unknown = (f"the system refused to read it: {error.strerror or type(error).__name__}", _AGAIN)
    what, fix = _SYSTEM.get(error.errno or 0, unknown)
    return DeliveryRefused(dataset.id, name, what, kind, fix)
