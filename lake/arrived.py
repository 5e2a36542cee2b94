"""What lies in the deliveries folder for a dataset, told without reading it: by names, sizes and times.

A file that was written to since has another change time, which nobody can set. Whether what lies there is taken is
`ingest`'s to say.
"""

from __future__ import annotations

import os
from pathlib import Path

import fsspec

from contracts.model import Dataset
from lake.readers.landing import find_deliveries
from sharing.canonical import digest

_FILE = "file://"
_TOLD = ("size", "ETag", "etag", "LastModified", "last_modified", "mtime", "created", "version_id")


def listing(dataset: Dataset, root: Path | str) -> str:
    """A digest of what lies there for a dataset; empty where that cannot be told, which is like nothing else."""
    try:
        return digest([_state(url) for url in find_deliveries(dataset, root)])
    except (OSError, ValueError):
        return ""


def _state(url: str) -> list[str]:
    if url.startswith(_FILE):
        state = os.lstat(url.removeprefix(_FILE))
        return [url, *map(str, (state.st_mode, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns))]
    filesystem, path = fsspec.core.url_to_fs(url)
    told = filesystem.info(path)
    found = [f"{name}={told[name]}" for name in _TOLD if told.get(name) is not None]
    if len(found) < 2:
        raise ValueError("its place tells nothing by which another content shows")
    return [url, *found]
