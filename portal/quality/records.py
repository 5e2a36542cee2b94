"""What the pages of quality show, gathered from the store as far as a reader may know it. Looks are templates'."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from contracts.acts import Role
from contracts.clock import day_of
from contracts.dimensions import DIMENSIONS
from contracts.frequency import Timeliness
from contracts.model import Column, Dataset
from contracts.weights import Weights
from lake.quality_past import asking
from lake.quality_past.asking import Conformance, Day, Failing, Odd, Scope, UnitNow
from lake.quality_past.judging import History
from lake.quality_past.lateness import Late, Lateness, lateness, newest_days, timeliness_of
from lake.quality_past.store import QualityPast
from lake.quality_past.units import CITY, DATASET, is_bound
from portal.charts import SCORES, SMALL, Frame, Mark, line
from portal.people.reader import Reader
from quality.anomalies import Kind
from quality.measured import Score, State, score

WHOLE = (Role.OFFICER, Role.AUDITOR, Role.ENGINEER)
OWN = (Role.STEWARD, Role.OWNER)
_WORST, _LISTED, _DAYS = 12, 60, 180
_TIMELINESS = "timeliness"
_NOTHING = Conformance(0, 0, 0, 0)


def sees(reader: Reader, department: str) -> bool:
    """Whether a reader may see a department's quality in detail."""
    return reader.has(*WHOLE) or reader.has(*OWN, department=department)


@dataclass(frozen=True)
class Small:
    """A dimension of something, with its line."""

    name: str
    value: float | None
    units: int
    picture: str


@dataclass(frozen=True)
class Row:
    """A department or domain in a list."""

    name: str
    title_zh: str
    title_en: str
    scope: Scope | None
    conformance: Conformance
    picture: str
    late: int
    odd: int
    linked: bool


@dataclass(frozen=True)
class Front:
    """The city's page."""

    scope: Scope | None
    dimensions: Sequence[Small]
    picture: str
    line: Sequence[Day]
    departments: Sequence[Row]
    domains: Sequence[Row]
    worst: Sequence[UnitNow]
    states: Mapping[State, int]
    odd: Sequence[Odd]
    late: Sequence[Late]
    lateness: Lateness
    conformance: Conformance
    told: datetime | None


def front(past: QualityPast, reader: Reader, now: datetime) -> Front:
    """The city as it stands; what is told in detail is of departments that the reader may see."""
    catalogue = past.catalogue
    with past.asked() as store:
        weights = catalogue.weights
        known = asking.scopes(store, weights)
        lines = {name: asking.scope_line(store, name, weights, _DAYS) for name in known}
        units = asking.units_now(store, weights)
        conforming = asking.conformance(past, store)
        odd, told = asking.anomalies_now(store), lateness(past, store, day_of(now))
        late = told.late
        known = {name: _timed(one, told.unjudged, weights) for name, one in known.items()}
        own = [one for one in units if not one.department or sees(reader, one.department)]
        return Front(
            scope=known.get(CITY),
            dimensions=_dimensions(known.get(CITY), lines.get(CITY, ())),
            picture=_picture(lines.get(CITY, ()), "全市 the city"),
            line=lines.get(CITY, ()),
            departments=[
                Row(
                    name, one.title_zh, one.title_en, known.get(f"department:{name}"),
                    _sum(each for key, each in conforming.items() if key.startswith(f"{name}.")),
                    _small(lines.get(f"department:{name}", ())),
                    sum(each.dataset.startswith(f"{name}.") for each in late),
                    len({each.dataset for each in odd if each.dataset.startswith(f"{name}.")}),
                    sees(reader, name),
                )
                for name, one in sorted(catalogue.departments.items())
            ],
            domains=[
                Row(name, one.title_zh, one.title_en, known.get(f"domain:{name}"), _NOTHING,
                    _small(lines.get(f"domain:{name}", ())), 0, 0, linked=False)
                for name, one in sorted(catalogue.domains.items())
            ],
            worst=asking.worst(own, _WORST),
            states=_states(units),
            odd=[one for one in odd if sees(reader, _department(one.dataset))][:_LISTED],
            late=[one for one in late if sees(reader, _department(one.dataset))][:_LISTED],
            lateness=told,
            conformance=_sum(conforming.values()),
            told=asking.told_at(store),
        )  # fmt: skip


def _untimed(one: Score, weights: Weights) -> Score:
    """A score without timeliness: of what nobody can say whether it is late, it is not measured."""
    return score({name: value for name, value in one.dimensions.items() if name != _TIMELINESS}, weights, one.state)


def _timed(one: Scope, unjudged: Iterable[str], weights: Weights) -> Scope:
    """A sum as it is to be shown, where of some of its datasets nobody can say whether they are late."""
    name = one.name.removeprefix("department:")
    if not any(one.name == CITY or _department(each) == name for each in unjudged):
        return one
    return replace(one, score=_untimed(one.score, weights), measured={**one.measured, _TIMELINESS: 0})


def _department(dataset: str) -> str:
    return dataset.partition(".")[0]


def _sum(each: Iterable[Conformance]) -> Conformance:
    return sum(each, start=_NOTHING)


def _states(units: Iterable[UnitNow]) -> dict[State, int]:
    found = dict.fromkeys(State, 0)
    for one in units:
        found[one.state] += 1
    return found


def _dimensions(scope: Scope | None, line_: Sequence[Day]) -> list[Small]:
    newest = scope.score.dimensions if scope else {}
    measured = scope.measured if scope else {}
    return [
        Small(name, newest.get(name), measured.get(name, 0), _small(line_, name))
        for name in DIMENSIONS
    ]  # fmt: skip


def _marks(line_: Sequence[Day], dimension: str = "") -> list[Mark]:
    return [
        Mark(str(one.day), one.score.dimensions.get(dimension) if dimension else one.score.overall) for one in line_
    ]


def _small(line_: Sequence[Day], dimension: str = "") -> str:
    marks = _marks(line_[-_DAYS:], dimension)
    return line(marks, f"{dimension or 'score'}: {len(marks)} days", SMALL)


def _picture(line_: Sequence[Day], what: str) -> str:
    marks = _marks(line_)
    return line(marks, f"质量评分 Quality score, {what}", SCORES)


@dataclass(frozen=True)
class DatasetRow:
    """A dataset in its department's list."""

    now: UnitNow
    dataset: Dataset
    conformance: Conformance
    timeliness: Timeliness
    odd: int


@dataclass(frozen=True)
class DepartmentFacts:
    """A department's page."""

    scope: Scope | None
    dimensions: Sequence[Small]
    picture: str
    line: Sequence[Day]
    datasets: Sequence[DatasetRow]
    failing: Sequence[Failing]
    odd: Sequence[Odd]
    conformance: Conformance
    told: datetime | None


def department(past: QualityPast, name: str, now: datetime) -> DepartmentFacts:
    """A department as it stands."""
    weights, scope = past.catalogue.weights, f"department:{name}"
    with past.asked() as store:
        known = asking.scopes(store, weights).get(scope)
        line_ = asking.scope_line(store, scope, weights, _DAYS)
        conforming, newest = asking.conformance(past, store, name), newest_days(store, name)
        odd = [one for one in asking.anomalies_now(store) if _department(one.dataset) == name]
        rows = [
            _row(past, one, conforming[one.name], (newest, day_of(now)), odd)
            for one in asking.units_now(store, weights, name)
            if one.kind == DATASET
        ]
        unjudged = [row.now.name for row in rows if row.timeliness.unjudged]
        known = _timed(known, unjudged, weights) if known else None
        facts = (known, _dimensions(known, line_), _picture(line_, name), line_, rows)
        failing = asking.failing_since(store, department=name)
        return DepartmentFacts(*facts, failing, odd, _sum(one.conformance for one in rows), asking.told_at(store))


def _row(
    past: QualityPast, one: UnitNow, conforming: Conformance, days: tuple[Mapping[str, date], date], odd: Sequence[Odd]
) -> DatasetRow:
    told = timeliness_of(past, days[0], one.name, days[1])
    now = replace(one, score=_untimed(one.score, past.catalogue.weights)) if told.unjudged else one
    number = sum(each.dataset == one.name for each in odd)
    return DatasetRow(now, past.catalogue.datasets[one.name], conforming, told, number)


@dataclass(frozen=True)
class ColumnRow:
    """A column of a dataset: what it follows, how it conforms, its score, and its profile, which shows no value."""

    column: Column
    bound: bool
    values: int | None
    broken: int
    score: Score | None
    profile: Mapping[str, Any] | None
    spread: str
    odd: tuple[str, ...]

    @property
    def conforming(self) -> float | None:
        """The share of delivered values that are as the standard has them, in percent."""
        return round(100.0 * max(0, self.values - self.broken) / self.values, 2) if self.values else None


@dataclass(frozen=True)
class OddShown:
    """An anomaly of the newest batch, with the number over time and its band."""

    odd: Odd
    picture: str


@dataclass(frozen=True)
class DatasetFacts:
    """A dataset's page."""

    now: UnitNow
    dataset: Dataset
    dimensions: Mapping[str, float]
    picture: str
    line: Sequence[Day]
    columns: Sequence[ColumnRow]
    results: Sequence[Any]
    odd: Sequence[OddShown]
    before: Sequence[Any]
    silent: Mapping[str, int]
    chosen: tuple[str, str, str]
    """The kind of number that is asked for, of which column, and its picture."""
    rows_picture: str
    conformance: Conformance
    timeliness: Timeliness
    profiled: tuple[date, int] | None
    told: datetime | None


SCORE = "score"
_BANDED = Frame(640, 150)


def dataset(past: QualityPast, name: str, now: datetime, show: str = "") -> DatasetFacts:
    """A dataset as it stands; `show` is a number whose line is asked for: `<kind>` or `<kind>:<column>`."""
    catalogue = past.catalogue
    weights, one = catalogue.weights, catalogue.datasets[name]
    with past.asked() as store:
        unit = next(each for each in asking.units_now(store, weights, one.department) if each.name == name)
        line_, odd = asking.unit_line(store, name, weights, _DAYS), asking.anomalies_now(store, name)
        profile = asking.newest_profile(store, name)
        chosen, history = _chosen(one, show), History(store, name, catalogue.calendar)
        told = timeliness_of(past, newest_days(store, name), name, day_of(now))
        unit = replace(unit, score=_untimed(unit.score, weights)) if told.unjudged else unit
        return DatasetFacts(
            now=unit,
            dataset=one,
            dimensions=unit.score.dimensions,
            picture=_picture(line_, name),
            line=line_,
            columns=_columns(past, store, one, (profile, odd)),
            results=asking.results_of(store, name),
            odd=[
                OddShown(each, _banded(history, name, (each.kind, each.column)) if number < 2 else "")
                for number, each in enumerate(odd)
            ],
            before=asking.anomalies_of(store, name),
            silent=asking.silent_kinds(store, name),
            chosen=(*chosen, _drawn(past, store, history, name, chosen)) if chosen else ("", "", ""),
            rows_picture=_banded(history, name, (str(Kind.ROWS), "")) if not odd else "",
            conformance=asking.conformance(past, store, name)[name],
            timeliness=told,
            profiled=profile[:2] if profile else None,
            told=asking.told_at(store),
        )


def _chosen(one: Dataset, show: str) -> tuple[str, str] | None:
    kind, _, column = show.partition(":")
    columns = {each.name for each in one.columns}
    known = columns if kind == SCORE else {"", *columns}
    return (kind, column) if kind in {SCORE, *map(str, Kind)} and column in known else None


def _drawn(past: QualityPast, store: Any, history: History, name: str, what: tuple[str, str]) -> str:
    if what[0] != SCORE:
        return _banded(history, name, what)
    return _picture(asking.column_line(store, name, what[1], past.catalogue.weights), f"{name} {what[1]}")


def _banded(history: History, name: str, what: tuple[str, str]) -> str:
    found = history.series(Kind(what[0]), what[1])
    marks = [
        Mark(str(one.day), one.value, one.band.low, one.band.high, not one.band.holds(one.value))
        if one.band
        else Mark(str(one.day), one.value)
        for one in found
    ]
    return line(marks, f"{what[0]} {what[1]}: {name}", _BANDED)


_Profile = tuple[tuple[date, int, dict[str, Any]] | None, Sequence[Odd]]


def _columns(past: QualityPast, store: Any, one: Dataset, told: _Profile) -> list[ColumnRow]:
    profile, odd = told
    conforming = asking.column_conformance(past, store, one.id)
    scores = asking.column_scores(store, one.id, past.catalogue.weights)
    found = []
    for column in one.columns:
        values, broken = conforming.get(column.name, (None, 0))
        seen = profile[2].get(column.name) if profile else None
        kinds = tuple(each.kind for each in odd if each.column == column.name)
        facts = (is_bound(column), values, broken, scores.get(column.name), seen, _spread(seen), kinds)
        found.append(ColumnRow(column, *facts))
    return found


def _spread(profile: Mapping[str, Any] | None) -> str:
    """How the values of a column are spread, as a small picture: each bin a step, none with a value."""
    bins = (profile or {}).get("bins") or {}
    names = sorted(bins, key=_bin_order)
    most = max(bins.values(), default=0)
    if not most:
        return ""
    wide, high = 6, 28
    bars = "".join(
        f'<rect x="{n * wide}" y="{high - max(1.0, high * bins[name] / most):.1f}" width="{wide - 1}" '
        f'height="{max(1.0, high * bins[name] / most):.1f}" fill="currentColor" fill-opacity="0.6"/>'
        for n, name in enumerate(names)
    )
    label = f"分布 spread over {len(names)} bins"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{label}" width="{len(names) * wide}" '
        f'height="{high}" viewBox="0 0 {len(names) * wide} {high}">{bars}</svg>'
    )


def _bin_order(name: str) -> tuple[int, int]:
    number = int(name[1:]) if name[1:].lstrip("-").isdigit() else 0
    return {"-": (0, -number), "0": (1, 0), "+": (2, number), "h": (3, number)}.get(name[0], (4, 0))


@dataclass(frozen=True)
class Compared:
    """Departments by the same kinds of rule only: those that each of them has; and what was left out of whom."""

    kinds: Sequence[str]
    rows: Sequence[tuple[str, str, str, float | None, Mapping[str, asking.Kept]]]
    left_out: Sequence[tuple[str, Sequence[str]]]
    absent: Sequence[tuple[str, str]]
    told: datetime | None


def compared(past: QualityPast, chosen: Sequence[str] = ()) -> Compared:
    """The departments that have datasets, or the chosen ones, the best first."""
    titles = {name: (one.title_zh, one.title_en) for name, one in past.catalogue.departments.items()}
    with past.asked() as store:
        every, told = asking.by_kind(store), asking.told_at(store)
    known = {name: kinds for name, kinds in every.items() if name in titles and (not chosen or name in chosen)}
    shared = sorted(set.intersection(*map(set, known.values()))) if known else []
    rows = []
    for name, kinds in known.items():
        mean = round(sum(kinds[kind].share for kind in shared) / len(shared), 2) if shared else None
        rows.append((name, *titles[name], mean, kinds))
    wanted = [name for name in titles if not chosen or name in chosen]
    return Compared(
        shared,
        sorted(rows, key=lambda row: (-(row[3] or 0.0), row[0])),
        [(name, sorted(set(kinds) - set(shared))) for name, kinds in sorted(known.items())],
        [(name, titles[name][0]) for name in sorted(wanted) if name not in known],
        told,
    )
