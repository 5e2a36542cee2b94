"""What flows into each sign of a window set, by the very SQL that runs, and whether its declared level bears that.

Lineage and levels are `lineage`'s; this brings the signs, the contracts of their feeds and the city's graph together.
Asked each time before windows are made, so that nothing is made of what a changed contract, model or policy forbids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

from contracts.conversions import landed
from contracts.model import Catalogue, Dataset
from contracts.reading_rules import Tables
from contracts.windows import Feed, Sign, WindowSet
from lake.column_lineage import load_lineage, policy_of
from lake.engine_macros import PLAIN_MACROS
from lake.settings import Settings
from lineage.answer import QueryLineage
from lineage.classification import Levels, levels
from lineage.elements import declared_elements
from lineage.from_contracts import contract_graph, contract_levels, raw_relation
from lineage.from_sql import column_lineage
from lineage.given import distrusted, misfits
from lineage.graph import ColumnRef, Graph, merge_graphs
from lineage.sql.catalog import read_macros
from quality.casts import SQL_TYPES, sql_type


class SignsRefused(Exception):
    """Signs of a set may not be made: `faults` says of each by name why, and what to do."""

    def __init__(self, name: str, faults: Mapping[str, str]) -> None:
        self.name, self.faults = name, dict(faults)
        told = "\n".join(f"  {sign}: {why}" for sign, why in self.faults.items())
        super().__init__(f"contracts/windows/{name}.yml: {len(self.faults)} sign(s) cannot be made:\n{told}")


class SignLineage:
    """The lineage of one set's signs beside that of the city."""

    def __init__(self, settings: Settings, catalogue: Catalogue, windows: WindowSet) -> None:
        self._catalogue, self._windows = catalogue, windows
        known = load_lineage(settings, catalogue)
        streams = replace(catalogue, datasets=catalogue.streams, streams={})
        self._policy = policy_of(settings)
        self._run = known is not None
        self._city = known.graph if known else contract_graph(catalogue)
        self._feeds = contract_graph(streams)
        self._base = {**(known.base if known else contract_levels(catalogue)), **contract_levels(streams)}
        self._whole = replace(catalogue, datasets=catalogue.delivered)
        self._types = {raw_relation(one): _columns(one) for one in catalogue.streams.values()}

    @cached_property
    def answers(self) -> Mapping[str, QueryLineage]:
        """Sign -> the lineage of its SELECT."""
        schema = self._types | self._staged() | self._themes()
        return {one.name: self._answer(one, schema) for one in self._windows.signs}

    def _answer(self, sign: Sign, schema: Mapping[str, Mapping[str, str]]) -> QueryLineage:
        read = {name: columns for name, columns in schema.items() if name.rpartition(".")[2] in sign.sql}
        lowerings = self._policy.registry.lowerings()
        macros = read_macros(PLAIN_MACROS)
        return column_lineage(sign.sql, read, target=self.relation(sign), macros=macros, declassifiers=lowerings)

    def _staged(self) -> dict[str, dict[str, str]]:
        """Staged tables by the types of their contracts: a graph has names alone."""
        return {f"lake.staging.stg_{one.table}": _columns(one) for one in self._catalogue.datasets.values()}

    def _themes(self) -> dict[str, dict[str, str]]:
        """Entities' tables, likewise."""
        known = Tables(self._catalogue.datasets, self._catalogue.entities)
        found = {name: known.find(name) for name in known.names if name.startswith("theme.")}
        return {
            f"lake.{name}": {column: SQL_TYPES[kind] for column, kind in told[1].items()}
            for name, told in found.items()
            if told
        }

    def relation(self, sign: Sign) -> str:
        """What a sign is called in the graph."""
        return f"lake.windows.{self._windows.name}__{sign.name}"

    @cached_property
    def graph(self) -> Graph:
        """What of the city's graph is above the signs, with feeds and signs."""
        above = {
            edge.source.relation for one in self.answers.values() for edges in one.edges.values() for edge in edges
        }
        city = (self._city.ancestry(name) for name in sorted(above) if name in self._city.columns)
        return merge_graphs([*city, self._feeds, *(one.graph() for one in self.answers.values())])

    @cached_property
    def levels(self) -> Levels:
        """The level of every column; a declassifier lowers nothing where it was given what it is not for."""
        declared = declared_elements(self._whole, self._policy, self.graph)
        columns = (ColumnRef(name, column) for name, every in self.graph.columns.items() for column in every)
        doubted = distrusted(misfits(self.graph, self._policy.registry, declared), columns)
        return levels(self.graph, self._base, self._policy, distrusted=doubted)

    def faults(self) -> dict[str, str]:
        """Sign -> why it may not be made."""
        found = {one.name: self._fault(one) for one in self._windows.signs}
        return {name: why for name, why in found.items() if why}

    def _fault(self, sign: Sign) -> str:
        answer = self.answers[sign.name]
        unknown = sorted({why.subject for each in answer.unknown.values() for why in each})
        if unknown:
            return f"its lineage is not known: {'; '.join(unknown)}; write it as a plain select, or run `zhongtai run`"
        worst = max((self._level(sign, name) for name in answer.columns), key=lambda one: one[0])
        if worst[0] > sign.level and not self._run and (beside := self._beside(answer)):
            return f"what {', '.join(beside)} is made of is not known before a first run: run `zhongtai run`, then this"
        if worst[0] > sign.level:
            return (
                f"what flows into it is {worst[0]} ({worst[1]}), and it is declared {sign.level}: declare "
                f"level: {worst[0]}, or have a declassifier of the lineage policy lower it"
            )
        return ""

    def _beside(self, answer: QueryLineage) -> list[str]:
        """The tables that an answer is made of, but for feeds."""
        feeds = {self._relation(one.dataset) for one in self._windows.feeds}
        return sorted({edge.source.relation for edges in answer.edges.values() for edge in edges} - feeds)

    def _level(self, sign: Sign, column: str) -> tuple[str, str]:
        """The level of an output, and the column that it is of: that of the feeds' times is of every output."""
        found = self.levels[ColumnRef(self.relation(sign), column)]
        times = [(self._time_level(one), f"the event time of {one}") for one in self.feeds(sign)]
        return max([(found.effective, str(found.source or column)), *times])

    def _time_level(self, dataset: str) -> str:
        stream = self._catalogue.streams[dataset]
        assert stream.stream is not None
        return self.levels[ColumnRef(raw_relation(stream), stream.stream.event_time)].effective

    def may_name(self, feed: Feed) -> bool:
        """Whether who was not heard may be told to whoever sees the signs: the sender's level is none above theirs."""
        if feed.sender is None:
            return False
        stream = self._catalogue.streams[feed.dataset]
        level = self.levels[ColumnRef(raw_relation(stream), feed.sender)].effective
        return all(level <= sign.level for sign in self._windows.signs)

    def feeds(self, sign: Sign) -> tuple[str, ...]:
        """The streamed datasets that a sign is made of."""
        read = {edge.source.relation for edges in self.answers[sign.name].edges.values() for edge in edges}
        return tuple(one.dataset for one in self._windows.feeds if self._relation(one.dataset) in read)

    def _relation(self, dataset: str) -> str:
        return raw_relation(self._catalogue.streams[dataset])

    def tables(self) -> dict[str, tuple[str, ...]]:
        """`<schema>.<table>` -> the columns that some sign reads of it, in their order."""
        found: dict[str, set[str]] = {}
        for answer in self.answers.values():
            for edges in answer.edges.values():
                for edge in edges:
                    found.setdefault(edge.source.relation.removeprefix("lake."), set()).add(edge.source.column)
        return {name: tuple(sorted(columns - {"*"})) for name, columns in sorted(found.items())}


def _columns(dataset: Dataset) -> dict[str, str]:
    return {column.name: sql_type(landed(column)) for column in dataset.columns}


def expect_signs(lineage: SignLineage, windows: WindowSet) -> None:
    """Raises `SignsRefused` where a sign may not be made."""
    if faults := lineage.faults():
        raise SignsRefused(windows.name, faults)
