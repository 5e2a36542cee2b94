"""The quality of tables over time, by the checks in the ledger: a score and a grade for each run that checked one.

A run may check some rules of a table anew and leave the others, so that a point is of the newest result of each rule;
of rules that are not declared any more none counts. What a score is says `quality/scorecard.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Any

from contracts.violation import CheckResult, Severity
from quality.scorecard import Score, scores
from sharing.chain import Entry

_MOST = 30
_BUILT = "built"

_Tally = Mapping[str, tuple[float, int]]
"""Dimension -> its score, and of how many results."""


@dataclass(frozen=True)
class Point:
    """The quality of something on a day."""

    day: date
    score: Score


@dataclass
class _Table:
    """The newest result of each of one table's rules, and how it stood after the runs before."""

    results: dict[tuple[str, str | None], CheckResult] = field(default_factory=dict)
    run: str | None = None
    day: date | None = None
    seq: int = 0
    before: list[tuple[date, _Tally]] = field(default_factory=list)

    def all(self) -> list[tuple[date, _Tally]]:
        return [*self.before, (self.day, _tally(self.results.values()))] if self.day else []


class QualityPast:
    """The checks of a city, by the rules declared on each table. Safe to use from several threads.

    `closed` is the number up to which the ledger's own file has of each check but the newest.
    """

    def __init__(self, rules: Mapping[str, Collection[str]]) -> None:
        self.closed = 0
        self._rules = {table: frozenset({_BUILT, *names}) for table, names in rules.items()}
        self._tables: dict[str, _Table] = {}
        self._lock = Lock()

    def tell(self, entry: Entry, day: date) -> None:
        """One check's result."""
        name, rule = str(entry.body["table"]), str(entry.body["rule"])
        if rule not in self._rules.get(name, ()):
            return
        with self._lock:
            self._tell(self._tables.setdefault(name, _Table()), entry, day)

    def _tell(self, table: _Table, entry: Entry, day: date) -> None:
        if table.day and table.run != entry.run and table.seq > self.closed:
            stood = _tally(table.results.values())
            last = table.before[-1][1] if table.before else None
            table.before = [*table.before[1 - _MOST :], (table.day, last if last == stood else stood)]
        table.run, table.day, table.seq = entry.run, day, entry.seq
        result = _result(entry.body)
        table.results[result.rule, result.column] = result

    def points(self, tables: Sequence[str]) -> list[Point]:
        """The quality of what lies in some tables, at the end of each day that a run checked one; oldest first."""
        with self._lock:
            told = [self._tables[name].all() for name in tables if name in self._tables]
        days = sorted({day for each in told for day, _ in each})[-_MOST:]
        return [Point(day, _score([tally for each in told for tally in _stood(each, day)])) for day in days]

    def newest(self, tables: Iterable[str]) -> list[CheckResult]:
        """The newest result of each rule of some tables."""
        with self._lock:
            return [one for name in tables if name in self._tables for one in self._tables[name].results.values()]


def _tally(results: Iterable[CheckResult]) -> _Tally:
    by: dict[str, int] = {}
    told = list(results)
    for one in told:
        by[one.dimension] = by.get(one.dimension, 0) + 1
    found = next(iter(scores(told).values())).dimensions
    return {name: (found[name], count) for name, count in by.items()}


def _stood(told: Sequence[tuple[date, _Tally]], day: date) -> list[_Tally]:
    return [tally for at, tally in told if at <= day][-1:]


def _score(tallies: Sequence[_Tally]) -> Score:
    """The score of several tables' results together: each result counts once."""
    every = [(name, mean, count) for tally in tallies for name, (mean, count) in tally.items()]
    names = sorted({name for name, _, _ in every})
    dimensions = {one: _mean([(mean, count) for name, mean, count in every if name == one]) for one in names}
    return Score("", _mean([(mean, count) for _, mean, count in every]), dimensions)


def _mean(parts: Sequence[tuple[float, int]]) -> float:
    return round(sum(mean * count for mean, count in parts) / sum(count for _, count in parts), 2)


def _result(body: Mapping[str, Any]) -> CheckResult:
    told = {name: value for name, value in body.items() if name in CheckResult.__dataclass_fields__}
    return CheckResult(**{**told, "severity": Severity(told["severity"])})
