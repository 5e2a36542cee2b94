"""What is in quarantine, as the ledger has it: by dataset and batch, with reasons and what later deliveries mended.

Read on as the ledger grows; no lake is opened, and no row is known here. A batch is told as it was last judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from contracts.model import Catalogue, Dataset, DeliveryMode
from lake.batch import UNTAKEN
from sharing.chain import Entry
from sharing.ledger import Ledger

WITHDRAWN, RECALLED, SUPERSEDED = "withdrawn", "recalled", "superseded"
_KINDS = ("batch", "corrected", "recall")


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


@dataclass
class _Batch:
    """A batch as its entries tell it: its deliveries by path and day, and the newest that says how it was judged."""

    live: dict[tuple[str, str], int] = field(default_factory=dict)
    told: Entry | None = None

    def tell(self, entry: Entry) -> None:
        body = entry.body
        key = str(body["path"]), str(body["delivered_on"])
        if body["state"] == WITHDRAWN:
            self.live.pop(key, None)
            return
        self.live.setdefault(key, entry.seq)
        if body["state"] != "known" or self.told is None:
            self.told = entry


@dataclass
class QuarantineBook:
    """The quarantine of a city, read on as its ledger grows. Safe to use from several threads."""

    ledger: Ledger
    _read_to: int = 0
    _batches: dict[str, dict[str, _Batch]] = field(default_factory=dict)
    _mended: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    _recalled: dict[str, str] = field(default_factory=dict)
    _known: dict[str, tuple[Dataset, list[Rejected], OpenDataset | None]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def rejected(self, dataset: Dataset) -> list[Rejected]:
        """The batches of a dataset of which rows were rejected, the newest delivery first; `formerly` names, too."""
        with self._lock:
            self._read_on()
            return list(self._told(dataset)[1])

    def _told(self, dataset: Dataset) -> tuple[Dataset, list[Rejected], OpenDataset | None]:
        """What is told of a dataset: made anew where an entry, or its declaration, says otherwise."""
        known = self._known.get(dataset.id)
        if known is None or known[0] is not dataset:
            names = (dataset.id, *dataset.formerly)
            found = [one for name in names for one in self._of(name)]
            if dataset.mode is DeliveryMode.SNAPSHOT and any(one.open for one in found):
                newest = self._newest(names)
                found = [
                    replace(one, state=SUPERSEDED) if one.counts and one.last_on < newest else one for one in found
                ]
            newest_first = sorted(
                (one for one in found if one.rows), key=lambda one: (one.delivered_on, one.seq), reverse=True
            )
            known = self._known[dataset.id] = dataset, newest_first, _open(dataset, newest_first)
        return known

    def batch(self, dataset: Dataset, batch: str) -> Rejected | None:
        """One batch of a dataset, if rows of it were rejected as it was last judged or before; None else."""
        with self._lock:
            self._read_on()
            found = [one for name in (dataset.id, *dataset.formerly) for one in self._of(name)]
        return next((one for one in found if one.batch == batch), None)

    def paths(self, dataset: Dataset) -> dict[str, str]:
        """Batch -> where its first delivery lies, of every batch of a dataset; asked of the ledger each time."""
        found: dict[str, str] = {}
        for name in (*dataset.formerly, dataset.id):
            for entry in self.ledger.about("batch", name):
                found.setdefault(str(entry.body.get("batch", "")), str(entry.body["path"]))
        return found

    def open(self, catalogue: Catalogue, departments: Iterable[str] | None = None) -> list[OpenDataset]:
        """The datasets with open rejected rows, the newest first; of some departments, or of all (None)."""
        wanted = None if departments is None else set(departments)
        datasets = (one for one in catalogue.datasets.values() if wanted is None or one.department in wanted)
        with self._lock:
            self._read_on()
            found = [told for one in datasets if (told := self._told(one)[2]) is not None]
        return sorted(found, key=lambda one: (one.newest, one.rows, one.dataset), reverse=True)

    def why_recalled(self, batch: str) -> str | None:
        """With which words a batch was recalled; None where it was not."""
        with self._lock:
            self._read_on()
            return self._recalled.get(batch)

    def _read_on(self) -> None:
        end = self.ledger.size()
        if end == self._read_to:
            return
        touched: set[str] = set()
        for entry in self.ledger.kept_after(_KINDS, self._read_to):
            if entry.seq > end:
                break
            body = entry.body
            if entry.kind == "recall":
                self._recalled[str(body["batch"])] = str(body.get("reason", ""))
                self._known.clear()  # whose batch it is nobody says
                continue
            touched.add(str(body["dataset"]))
            if entry.kind == "corrected":
                self._mended[str(body["dataset"]), str(body["batch"])] = dict(body["by"])
            elif body["state"] not in UNTAKEN and body.get("batch"):
                self._deliver(entry)
        self._read_to = end
        self._known = {
            id_: known for id_, known in self._known.items() if touched.isdisjoint((id_, *known[0].formerly))
        }

    def _deliver(self, entry: Entry) -> None:
        """What came without a rejected row is not kept."""
        body = entry.body
        dataset, batch = str(body["dataset"]), str(body["batch"])
        known = self._batches.setdefault(dataset, {})
        if batch not in known and not body.get("quarantined"):
            return
        if batch not in known and body["state"] not in {"accepted", "held"}:
            # It came without a rejected row at first, by whatever paths: all that was said of it is asked for.
            known[batch] = _Batch()
            for earlier in self.ledger.about("batch", dataset):
                if earlier.seq < entry.seq and earlier.body.get("batch") == batch:
                    known[batch].tell(earlier)
        known.setdefault(batch, _Batch()).tell(entry)

    def _newest(self, names: Iterable[str]) -> str:
        """The day of the newest snapshot that counts, of all that was ever said of a dataset; "" for none."""
        live: set[tuple[str, str, str]] = set()
        judged: dict[str, str] = {}
        for entry in (one for name in names for one in self.ledger.about("batch", name)):
            body, batch = entry.body, str(entry.body.get("batch", ""))
            key = str(body["delivered_on"]), batch, str(body["path"])
            if body["state"] == WITHDRAWN:
                live.discard(key)
            elif body["state"] not in UNTAKEN:
                live.add(key)
                judged[batch] = judged.get(batch, "") if body["state"] == "known" else str(body["state"])
        counting = (day for day, batch, _ in live if batch not in self._recalled and judged[batch] not in {"", "held"})
        return max(counting, default="")

    def _of(self, dataset: str) -> list[Rejected]:
        return [
            self._record(dataset, batch, one)
            for batch, one in self._batches.get(dataset, {}).items()
            if one.told is not None
        ]

    def _record(self, dataset: str, batch: str, one: _Batch) -> Rejected:
        assert one.told is not None
        body = one.told.body
        path, day = min(one.live, default=(str(body["path"]), str(body["delivered_on"])), key=lambda key: one.live[key])
        state = str(body["state"]) if one.live else WITHDRAWN
        recalled = self._recalled.get(batch)
        return Rejected(
            dataset=dataset,
            batch=batch,
            path=path,
            delivered_on=day,
            read=int(body.get("read", 0)),
            rows=int(body.get("quarantined", 0)),
            reasons=dict(body.get("reasons", {})),
            state=RECALLED if recalled is not None else state,
            seq=one.told.seq,
            mended=self._mended.get((dataset, batch), {}),
            why=recalled or "",
            last_on=max((on for _, on in one.live), default=day),
        )


def _superseded(one: Rejected) -> Rejected:
    """Of snapshots each row that is missing is missing from the newest that counts; a held one replaced nothing."""
    return replace(one, state=SUPERSEDED) if one.counts else one


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
