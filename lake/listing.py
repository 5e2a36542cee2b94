"""What lies in the deliveries folder for a dataset, told without reading it: by names, sizes and times, marks with it.

A file that was written to since has another change time, which nobody can set. Whether what lies there is at rest is
`arriving`'s to say, whether it is taken `ingest`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from contracts.completeness import WITHDRAWN
from contracts.databases import is_fetched
from contracts.model import Dataset
from lake.readers.landing import find_deliveries
from lake.readers.settling import fingerprint, mark_beside
from sharing.canonical import digest


def listing(dataset: Dataset, root: Path | str) -> str:
    """A digest of what lies there for a dataset; empty where that cannot be told, which is like nothing else: what a
    database or a store has is told by going there.
    """
    if is_fetched(dataset):
        return ""
    try:
        return digest([_state(url) for url in _urls(dataset, root)])
    except (OSError, ValueError):
        return ""


def _urls(dataset: Dataset, root: Path | str) -> Iterator[str]:
    for url in find_deliveries(dataset, root):
        yield url
        if dataset.source.complete:
            yield mark_beside(dataset, url)
    yield from find_deliveries(dataset, root, WITHDRAWN)


def _state(url: str) -> list[str]:
    found = [f"{name}={value}" for name, value in fingerprint(url)]
    if len(found) < 2:
        raise ValueError("its place tells nothing by which another content shows")
    return [url, *found]
