"""Where micro-batches lie until they are taken in, whichever way they came: below the deliveries, as any delivery.

Every way in (`ways`) puts whole files here and nothing else, so that what is landed, judged and recorded is the same.
Nothing is opened or carried here.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from contracts.model import Catalogue, Dataset
from lake.carry import contract_digest
from lake.readers.landing import find_deliveries
from lake.readers.settling import fingerprint


class FeedRefused(ValueError):
    """Something may not be put into an inbox: `what` says what, `fix` what to do."""

    def __init__(self, dataset: str, what: str, fix: str) -> None:
        self.dataset, self.what, self.fix = dataset, what, fix
        super().__init__(f"{dataset}: {what}. {fix}")


@dataclass(frozen=True)
class Put:
    """A micro-batch that was put into an inbox: the digest of its bytes, and where it lies below the deliveries."""

    dataset: str
    digest: str
    path: str
    known: bool
    """Whether the same bytes were there before."""


@dataclass(frozen=True)
class Waiting:
    """A file that is to be taken in; `print` tells whether it is still the one that it was."""

    dataset: Dataset
    url: str
    path: str
    print: str


class Inbox:
    """The delivery folder of one stream, for whoever brings micro-batches of it."""

    def __init__(self, deliveries: Path, dataset: Dataset, most: int = 64 << 20) -> None:
        if dataset.stream is None:
            raise FeedRefused(dataset.id, "it is no stream", "Deliver it as its contract says.")
        self.dataset, self.most = dataset, most
        self._folder, self._ending = _place(deliveries, dataset)
        self._root = deliveries

    def put(self, data: bytes) -> Put:
        """Put a micro-batch down, whole or not at all; the same bytes twice lie there once. Raises `FeedRefused`."""
        if len(data) > self.most:
            what = f"a micro-batch of {len(data)} bytes is more than the {self.most} that are taken at once"
            raise FeedRefused(self.dataset.id, what, "Send it in parts.")
        digest = hashlib.sha256(data).hexdigest()
        file = self._folder / f"{digest[:32]}{self._ending}"
        path = file.relative_to(self._root).as_posix()
        if file.exists():
            return Put(self.dataset.id, digest, path, known=True)
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._folder / f".{digest[:32]}.{os.getpid()}.part"
        with draft.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
        return Put(self.dataset.id, digest, path, known=False)


def _place(deliveries: Path, dataset: Dataset) -> tuple[Path, str]:
    """The folder and the ending of a stream's files. Raises `FeedRefused` where its path names no folder."""
    path = Path(dataset.source.path)
    stem, ending = path.name.partition("*")[::2]
    if (
        stem
        or not ending.startswith(".")
        or any(mark in str(path.parent) + ending for mark in "*?[")
        or path.is_absolute()
    ):
        what = f"its path {dataset.source.path!r} does not say in which folder a micro-batch belongs"
        raise FeedRefused(dataset.id, what, "Write servers.path as <folders>/*.<ending>.")
    return deliveries / path.parent, ending


def waiting(store: sqlite3.Connection, catalogue: Catalogue) -> list[Waiting]:
    """What lies there and was not taken in as it is now, by name; what failed waits as soon as its contract changes."""
    rows = store.execute("select path, print, failed_by from taken where done = 1").fetchall()
    done = {path: (print_, failed_by) for path, print_, failed_by in rows}
    found = []
    for dataset in catalogue.streams.values():
        contract = contract_digest(dataset, catalogue.code_sets)
        for url in find_deliveries(dataset, catalogue.deliveries):
            path = url.removeprefix(f"file://{catalogue.deliveries}/")
            print_ = _print(url)
            if print_ and done.get(path) not in ((print_, ""), (print_, contract)):
                found.append(Waiting(dataset, url, path, print_))
    return sorted(found, key=lambda one: (one.path.rsplit("/", 1)[-1], one.path))


def _print(url: str) -> str:
    """What tells a file from another at its place; empty of one that has gone meanwhile."""
    try:
        return hashlib.sha256(repr(fingerprint(url)).encode()).hexdigest()[:32]
    except OSError:
        return ""
