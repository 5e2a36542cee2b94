"""What is in quarantine, as the ledger has it: by dataset and batch, with reasons and what later deliveries mended.

No lake is opened, and no row is known here. A batch is told as it was last judged; how the ledger is read is
`store.py`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any

from contracts.model import Catalogue, Dataset, DeliveryMode
from lake.quarantine.store import WITHDRAWN, Stood, Store
from sharing.ledger import Ledger

RECALLED, SUPERSEDED = "recalled", "superseded"


@dataclass(frozen=True)
class Rejected:
    """One batch of which rows were rejected. `seq` is the ledger's entry of how it was last judged.

    `state` is the batch's, or that it was withdrawn, recalled, or superseded by a later snapshot; `mended` maps later
    batches to how many of its rejected rows came with accepted keys in them.
    """

    dataset: str
    batch: str
    path: str
    delivered_on: str
    read: int
    rows: int
    reasons: Mapping[str, int]
    state: str
    seq: int
    mended: Mapping[str, int] = field(default_factory=dict)
    why: str = ""
    last_on: str = ""
    """The day of its last delivery: the same bytes may be delivered again, and count from then on."""

    @property
    def counts(self) -> bool:
        """Whether its rejected rows are missing from what is shown: not of what was taken back or replaced."""
        return self.state not in {WITHDRAWN, RECALLED, SUPERSEDED}

    @property
    def open(self) -> int:
        """How many of its rejected rows nothing has mended yet."""
        return max(self.rows - sum(self.mended.values()), 0) if self.counts else 0

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return {
            **{
                name: getattr(self, name) for name in ("batch", "path", "delivered_on", "read", "rows", "open", "state")
            },
            "reasons": dict(self.reasons),
            "mended": dict(self.mended),
            "why": self.why,
        }


@dataclass(frozen=True)
class OpenDataset:
    """One dataset with open rejected rows: how many, since the day of the oldest of their deliveries, and by reason.

    Reasons are of the batches as they were judged: what was mended of them is not known by reason. A row may have
    several. `newest` is the day of the newest delivery with an open row.
    """

    dataset: str
    department: str
    title_zh: str
    title_en: str
    rows: int
    batches: int
    since: str
    newest: str
    reasons: Mapping[str, int]

    @property
    def address(self) -> str:
        """Its page."""
        return f"/quarantine/{self.dataset}"

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return {**vars(self), "reasons": dict(self.reasons), "address": self.address}


@dataclass(frozen=True)
class Standing:
    """By what a rejected row of a dataset is open: it is of one of these batches, and none mended it but one that is
    undone. One meaning for whoever counts rows: in the ledger, in the lake, or in a workbook.
    """

    counting: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()


class QuarantineBook:
    """The quarantine of a city, read on as its ledger grows. Safe to use from several threads.

    What it was read to stays in the file of a place, if it is given one, for whoever asks next; in memory are the open
    rows of each dataset alone.
    """

    def __init__(self, ledger: Ledger, place: Path | None = None) -> None:
        self.ledger = ledger
        self._store, self._to = Store(ledger, place), 0
        self._open: dict[str, tuple[Dataset, OpenDataset | None]] = {}
        self._lock = Lock()

    def rejected(self, dataset: Dataset) -> list[Rejected]:
        """The batches of a dataset of which rows were rejected, the newest delivery first; `formerly` names, too."""
        with self._lock:
            self._read_on()
            return self._told(dataset, [one for name in _names(dataset) for one in self._store.rejected(name)])

    def batch(self, dataset: Dataset, batch: str) -> Rejected | None:
        """One batch of a dataset, if rows of it were rejected as it was last judged or before; None else."""
        with self._lock:
            self._read_on()
            found = (self._store.batch(name, batch) for name in _names(dataset))
            return next((_record(one, self._undone(dataset, [one])) for one in found if one is not None), None)

    def standing(self, dataset: Dataset) -> Standing:
        """What makes a rejected row of a dataset an open one, as of now."""
        with self._lock:
            self._read_on()
            stood = [one for name in _names(dataset) for one in self._store.rejected(name)]
            counting = sorted({one.batch for one in self._told(dataset, stood) if one.counts})
            return Standing(tuple(counting), tuple(sorted(self._undone(dataset, stood))))

    def open(self, catalogue: Catalogue, departments: Iterable[str] | None = None) -> list[OpenDataset]:
        """The datasets with open rejected rows, the newest first; of some departments, or of all (None)."""
        wanted = None if departments is None else set(departments)
        datasets = (one for one in catalogue.delivered.values() if wanted is None or one.department in wanted)
        with self._lock:
            self._read_on()
            found = [told for one in datasets if (told := self._opened(one)) is not None]
        return sorted(found, key=lambda one: (one.newest, one.rows, one.dataset), reverse=True)

    def why_recalled(self, batch: str) -> str | None:
        """With which words a batch was recalled; None where it was not."""
        with self._lock:
            self._read_on()
            return self._store.why_recalled(batch)

    def _read_on(self) -> None:
        """What is new, and which datasets are no more as they are known."""
        to = self._store.read_on()
        if to == self._to:
            return
        moved = dict(self._store.moved(self._to)) if to > self._to else None
        self._open = {id_: known for id_, known in self._open.items() if moved is not None and _holds(*known, moved)}
        self._to = to

    def _opened(self, dataset: Dataset) -> OpenDataset | None:
        known = self._open.get(dataset.id)
        if known is None or known[0] is not dataset:
            found = [one for name in _names(dataset) for one in self._store.unmended(name)]
            known = self._open[dataset.id] = dataset, _open(dataset, self._told(dataset, found))
        return known[1]

    def _told(self, dataset: Dataset, stood: Sequence[Stood]) -> list[Rejected]:
        undone = self._undone(dataset, stood)
        found = [_record(one, undone) for one in stood]
        if dataset.mode is DeliveryMode.SNAPSHOT and any(one.open for one in found):
            # Of snapshots each row that is missing is missing from the newest that counts; a held one replaced nothing.
            newest = max(self._store.newest(name) for name in _names(dataset))
            found = [replace(one, state=SUPERSEDED) if one.counts and one.last_on < newest else one for one in found]
        return sorted((one for one in found if one.rows), key=lambda one: (one.delivered_on, one.seq), reverse=True)

    def _undone(self, dataset: Dataset, stood: Iterable[Stood]) -> frozenset[str]:
        """Of the batches that mended rows, those that were recalled or taken back: until a run says what of it is
        mended otherwise, nothing is.
        """
        names = _names(dataset)
        return frozenset(by for by in {by for one in stood for by in one.mended} if self._store.is_undone(names, by))


def paths(ledger: Ledger, dataset: Dataset) -> dict[str, str]:
    """Batch -> where its first delivery lies, of every batch of a dataset; asked of the ledger each time."""
    found: dict[str, str] = {}
    for name in (*dataset.formerly, dataset.id):
        for entry in ledger.about("batch", name):
            found.setdefault(str(entry.body.get("batch", "")), str(entry.body["path"]))
    return found


def _names(dataset: Dataset) -> tuple[str, ...]:
    return dataset.id, *dataset.formerly


def _holds(dataset: Dataset, known: OpenDataset | None, moved: Mapping[str, bool]) -> bool:
    """Whether what is known of a dataset's open rows is so yet: a delivery without a rejected row ends snapshots'."""
    told = [moved[name] for name in _names(dataset) if name in moved]
    return not told or not (any(told) or (known is not None and dataset.mode is DeliveryMode.SNAPSHOT))


def _record(one: Stood, undone: frozenset[str]) -> Rejected:
    path, day = next(iter(one.lying), (one.path, one.day))
    state = one.state if one.lying else WITHDRAWN
    return Rejected(
        dataset=one.dataset,
        batch=one.batch,
        path=path,
        delivered_on=day,
        read=one.read,
        rows=one.rows,
        reasons=one.reasons,
        state=RECALLED if one.recalled is not None else state,
        seq=one.seq,
        mended={by: rows for by, rows in one.mended.items() if by not in undone},
        why=one.recalled or "",
        last_on=max((on for _, on in one.lying), default=day),
    )


def _open(dataset: Dataset, rejected: list[Rejected]) -> OpenDataset | None:
    left = [one for one in rejected if one.open]
    if not left:
        return None
    return OpenDataset(
        dataset=dataset.id,
        department=dataset.department,
        title_zh=dataset.title_zh,
        title_en=dataset.title_en,
        rows=sum(one.open for one in left),
        batches=len(left),
        since=min(one.delivered_on for one in left),
        newest=max(one.delivered_on for one in left),
        reasons=by_reason(left),
    )


def by_reason(rejected: Iterable[Rejected]) -> dict[str, int]:
    """Reason -> rows that have it, the most first; a row may have several."""
    found: Counter[str] = Counter()
    for one in rejected:
        found.update(one.reasons)
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
