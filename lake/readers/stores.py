"""Which file system a URL is of: the machine's own, or a department's store while it is open for a run.

Nothing is read here. A store is opened with its secret by `lake/sources/opening`, and closed there.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem

from contracts.model import Dataset
from contracts.stores import store_of

_OPEN: dict[str, Any] = {}


@contextmanager
def opened_store(location: str, filesystem: Any) -> Iterator[None]:
    """While this lasts, what lies below a location is reached by this file system."""
    _OPEN[location] = filesystem
    try:
        yield
    finally:
        _OPEN.pop(location, None)


def filesystem_of(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path on it."""
    for location, filesystem in _OPEN.items():
        if url == location or url.startswith(f"{location}/"):
            return filesystem, str(filesystem._strip_protocol(url))
    found: tuple[Any, str] = fsspec.core.url_to_fs(url)
    return found


def open_file(url: str) -> IO[bytes]:
    """A file, opened to be read."""
    filesystem, path = filesystem_of(url)
    return cast("IO[bytes]", filesystem.open(path, "rb"))


def root_of(dataset: Dataset, deliveries: Path | str) -> str:
    """Where the deliveries of a dataset lie: below the city's own, or in its department's store."""
    store = store_of(dataset)
    return store.location if store else str(deliveries)


def matching(filesystem: Any, pattern: str) -> list[str]:
    """The paths that a glob matches, in name order."""
    if isinstance(filesystem, LocalFileSystem) and "**" not in pattern:
        return sorted(_lying(pattern))
    return sorted(filesystem.glob(pattern))


def _lying(pattern: str) -> Iterator[str]:
    """What fsspec finds, too; it walks all that lies as deep, where only the folders of the pattern need be opened.

    As there, folders that are links are not entered from the first mark of the pattern on.
    """
    fixed = next((at for at, part in enumerate(pattern.split("/")) if glob.has_magic(part)), 0)
    linked = cache(lambda folder: Path(folder).is_symlink())
    for found in glob.glob(pattern, include_hidden=True):  # noqa: PTH207 - of hidden names pathlib finds others
        parts = found.split("/")
        if not any(linked("/".join(parts[:end])) for end in range(fixed + 1, len(parts))):
            yield found
