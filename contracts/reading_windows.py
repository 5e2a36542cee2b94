"""`contracts/windows/<set>.yml`, judged: its feeds are streams of the city, and its signs select from them.

Read last, since a set speaks of datasets. The files' shape is `window_declarations`'; which level flows into a sign is
lineage's to say, and is held against the declared one before a window is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta

from contracts.documents import Document, YamlPath
from contracts.faults import nearest
from contracts.known import Known
from contracts.model import Dataset, Entity, LogicalType
from contracts.reading_rules import Tables as RuleTables
from contracts.window_declarations import FeedDeclaration, SignDeclaration, WindowSetDeclaration
from contracts.windows import Expected, Feed, Sign, WindowSet


@dataclass(frozen=True)
class Tables:
    """What a set may read: streams, and the city's other datasets and entities, as they are declared."""

    streams: Mapping[str, Dataset]
    datasets: Mapping[str, Dataset]
    entities: Mapping[str, Entity]

    def types(self, streams: Iterable[Dataset]) -> dict[str, dict[str, LogicalType]]:
        """`<schema>.<table>` of the lake -> the types of its columns: what signs over these streams may read.

        Of what comes whole the current rows are read, as they are staged, or the city's entities.
        """
        known = RuleTables(self.datasets, self.entities)
        found = dict(filter(None, (known.find(name) for name in known.names)))
        return found | {
            f"raw.{one.table}": {column.name: column.element.type for column in one.columns} for one in streams
        }


def read_windows(documents: Iterable[Document], known: Known, tables: Tables | None) -> dict[str, WindowSet]:
    """Name -> window set; faults go to the documents. Without `tables` only the shape of the files is judged."""
    found: dict[str, WindowSet] = {}
    for document in documents:
        declared = document.shaped(WindowSetDeclaration) if document.usable else None
        if declared is None or document.faults or tables is None:
            continue
        made = _Reading(document, known, tables).read(declared)
        if not document.faults:
            found[made.name] = made
    return found


@dataclass
class _Reading:
    """One file being read."""

    document: Document
    known: Known
    tables: Tables

    def read(self, declared: WindowSetDeclaration) -> WindowSet:
        """The set, to be believed where no fault was noted."""
        if declared.windows != self.document.path.stem:
            self._fault(("windows",), f"{declared.windows!r} is not the file's name", self.document.path.stem)
        self._once([one.dataset for one in declared.feeds], "feeds")
        self._once([one.name for one in declared.signs], "signs")
        feeds = tuple(self._feed(("feeds", number), one) for number, one in enumerate(declared.feeds))
        mine = [self.tables.streams[one.dataset] for one in feeds if one.dataset in self.tables.streams]
        made = WindowSet(
            name=declared.windows,
            title_zh=declared.title.zh,
            title_en=declared.title.en,
            owner=declared.owner,
            length=timedelta(seconds=declared.length_seconds),
            since=declared.since.astimezone(UTC),
            grace=timedelta(seconds=declared.grace_seconds),
            complete_at=declared.complete_at,
            feeds=feeds,
            signs=tuple(self._sign(("signs", number), one, mine) for number, one in enumerate(declared.signs)),
            path=self.document.path,
        )
        self._check_times(made, mine)
        return made

    def _fault(self, at: YamlPath, what: str, instead: str) -> None:
        self.document.fault(at, what, instead)

    def _once(self, names: list[str], what: str) -> None:
        for number, name in enumerate(names):
            if name in names[:number]:
                self._fault((what, number), f"{name!r} is named twice", "each once")

    def _check_times(self, made: WindowSet, streams: Iterable[Dataset]) -> None:
        if made.starting(made.since) != made.since:
            near = made.starting(made.since).isoformat()
            self._fault(("since",), f"{made.since.isoformat()} is not the start of a window", near)
        longest = max((one.stream.lateness for one in streams if one.stream), default=timedelta())
        if made.grace < longest:
            text = f"grace_seconds is {made.grace.seconds}, and a feed may be {longest.seconds} seconds late"
            self._fault(("grace_seconds",), text, f"{longest.seconds} or more")

    def _feed(self, at: YamlPath, declared: FeedDeclaration) -> Feed:
        stream = self.tables.streams.get(declared.dataset)
        if stream is None:
            known = declared.dataset in self.tables.datasets
            what = f"{declared.dataset} is no stream" if known else f"there is no dataset {declared.dataset!r}"
            self._fault((*at, "dataset"), what, nearest(declared.dataset, self.tables.streams))
        elif declared.sender is not None:
            self._column((*at, "sender"), stream, declared.sender)
        if declared.expected is not None and declared.sender is None:
            self._fault((*at, "sender"), "'sender' is missing: nothing says who was heard", "sender: <column>")
        expected = None
        if declared.expected is not None:
            table = self.tables.datasets.get(declared.expected.table)
            if table is None:
                what = f"there is no dataset {declared.expected.table!r} that a run carries"
                self._fault((*at, "expected", "table"), what, nearest(declared.expected.table, self.tables.datasets))
            else:
                self._column((*at, "expected", "column"), table, declared.expected.column)
                expected = Expected(f"staging.stg_{table.table}", declared.expected.column)
        return Feed(declared.dataset, declared.sender, expected)

    def _column(self, at: YamlPath, dataset: Dataset, name: str) -> None:
        names = [column.name for column in dataset.columns]
        if name not in names:
            self._fault(at, f"{dataset.id} has no column {name!r}", nearest(name, names))

    def _sign(self, at: YamlPath, declared: SignDeclaration, streams: Iterable[Dataset]) -> Sign:
        types = self.tables.types(streams)
        wanted = ("district", "value") if declared.district else ("value",)
        fault = self.known.engine.sign_fault(declared.sql, types, wanted) if self.known.engine else None
        if fault:
            columns = " and ".join(wanted)
            tables = "lake.raw.<feed of the set>, lake.staging.stg_<dataset> and lake.theme.<entity>"
            self._fault((*at, "sql"), fault, f"one SELECT of {columns} over {tables}")
        return Sign(
            declared.name,
            declared.title.zh,
            declared.title.en,
            declared.unit,
            str(declared.level),
            declared.sql,
            declared.decimals,
            declared.district,
        )
