"""`contracts/indicators/<dimension>.yml`, judged: each indicator is made in one way, of what is there, and of no ring.

The files' shape is `indicator_declarations`'. Whether a column is there says the engine, when the models are made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from contracts.documents import Document, YamlPath
from contracts.faults import nearest
from contracts.formulas import Formula, NotAFormula
from contracts.indicator_declarations import (
    GroupDeclaration,
    IndicatorDeclaration,
    IndicatorsDeclaration,
    MeasureDeclaration,
)
from contracts.indicators import Aggregate, Group, Indicator, Indicators, Measure, SignDimension, Thresholds, Window
from contracts.known import ENTITY, TABLE, Known

TAKEN = frozenset({"window_start", "place"})
"""The columns that every view has besides its indicators."""
_ONE_OF = ", ".join(Aggregate)


def read_indicators(documents: Iterable[Document], known: Known) -> Indicators:
    """Everything that the files declare; faults go to the documents."""
    reading = _Reading(known)
    for document in documents:
        declared = document.shaped(IndicatorsDeclaration) if document.usable else None
        if declared is not None:
            reading.file(document, declared)
        if declared is None or document.faults:
            reading.whole = False
    reading.judge_formulas()
    return _in_order(Indicators(reading.groups, reading.every, reading.titles))


def _in_order(found: Indicators) -> Indicators:
    """The same by dimension, as they are counted everywhere, and not by the names of files."""
    place = {dimension: number for number, dimension in enumerate(SignDimension)}
    groups = sorted(found.groups.items(), key=lambda each: place[each[1].dimension])
    every = sorted(found.every.items(), key=lambda each: place[each[1].dimension])
    titles = sorted(found.titles.items(), key=lambda each: place[each[0]])
    return Indicators(dict(groups), dict(every), dict(titles))


@dataclass
class _Reading:
    known: Known
    groups: dict[str, Group] = field(default_factory=dict)
    every: dict[str, Indicator] = field(default_factory=dict)
    titles: dict[SignDimension, tuple[str, str]] = field(default_factory=dict)
    places: dict[str, tuple[Document, YamlPath]] = field(default_factory=dict)
    twice: set[str] = field(default_factory=set)
    """Names that two have: which of them a formula means nobody knows."""
    whole: bool = True
    """Whether all files could be read: only then is an unknown name one."""

    def file(self, document: Document, declared: IndicatorsDeclaration) -> None:
        if document.path.stem != declared.dimension:
            text = f"{str(declared.dimension)!r} is not the file's name"
            document.fault(("dimension",), text, document.path.stem)
        self.titles[declared.dimension] = (declared.title.zh, declared.title.en)
        if not declared.groups and document.well_formed(("groups",)):
            document.fault(("groups",), "it has no first-level sign", "a list of groups")
        for number, group in enumerate(declared.groups):
            self._group(document, ("groups", number), declared, group)

    def _group(
        self, document: Document, at: YamlPath, declared: IndicatorsDeclaration, group: GroupDeclaration
    ) -> None:
        self._expect_new(document, (*at, "id"), group.id)
        self.places.setdefault(group.id, (document, at))
        if not group.indicators and document.well_formed((*at, "indicators")):
            document.fault((*at, "indicators"), "it has no indicator", "a list of indicators")
        for number, one in enumerate(group.indicators):
            place = (*at, "indicators", number)
            self._expect_new(document, (*place, "id"), one.id)
            self.places.setdefault(one.id, (document, place))
            if one.id not in self.every:
                self.every[one.id] = self._indicator(document, place, declared, group.id, one)
        inside = tuple(one.id for one in group.indicators)
        self.groups.setdefault(group.id, Group(group.id, group.title.zh, group.title.en, declared.dimension, inside))

    def _expect_new(self, document: Document, at: YamlPath, name: str) -> None:
        if name in TAKEN:
            document.fault(at, f"{name!r} is a column of every view", "another id")
        if name in self.places:
            where = self.places[name][0].file
            document.fault(at, f"there is an indicator {name!r} already, in {where}", "an id of its own")
            self.twice.add(name)

    def _indicator(
        self,
        document: Document,
        at: YamlPath,
        declared: IndicatorsDeclaration,
        group: str,
        one: IndicatorDeclaration,
    ) -> Indicator:
        ways = [name for name in ("measure", "formula", "model") if getattr(one, name) is not None]
        if len(ways) != 1:
            text = f"it is made in {len(ways)} ways" if ways else "nothing says how it is made"
            document.fault(at, text, "one of measure, formula, model")
        self._check_thresholds(document, at, one)
        return Indicator(
            id=one.id,
            title_zh=one.title.zh,
            title_en=one.title.en,
            dimension=declared.dimension,
            group=group,
            unit=one.unit,
            window=one.window,
            owner=one.owner or declared.owner,
            level=one.level or declared.level,
            measure=self._measure(document, (*at, "measure"), one) if one.measure else None,
            formula=_formula(document, (*at, "formula"), one.formula) if one.formula else None,
            model=one.model,
            thresholds=Thresholds(**one.thresholds.model_dump()),
            better=one.better,
            due_working_days=one.due_working_days,
            description=one.description or "",
        )

    def _check_thresholds(self, document: Document, at: YamlPath, one: IndicatorDeclaration) -> None:
        bounds = one.thresholds
        given = [getattr(bounds, name) for name in ("bad_below", "warn_below", "warn_above", "bad_above")]
        order = [bound for bound in given if bound is not None]
        if order != sorted(order):
            text = f"the bounds {', '.join(f'{bound:g}' for bound in order)} are out of order"
            document.fault((*at, "thresholds"), text, "bad_below <= warn_below <= warn_above <= bad_above")
        if one.window is Window.DELIVERY and one.due_working_days is not None:
            text = "a state as of a delivery has no window that ends"
            document.fault((*at, "due_working_days"), text, "a window; the contract says how often it is delivered")

    def _measure(self, document: Document, at: YamlPath, one: IndicatorDeclaration) -> Measure | None:
        declared = one.measure
        assert declared is not None
        self._check_table(document, (*at, "table"), declared.table)
        ways = list(_ways(declared))
        if len(ways) != 1:
            told = f"{' and '.join(name for name, _ in ways)} are two" if ways else "nothing says what is measured"
            document.fault(at, told, f"one of {_ONE_OF}")
            return None
        if (one.window is Window.DELIVERY) != (declared.time is None):
            at_time = (*at, "time")
            if declared.time is None:
                document.fault(at_time, f"a value of each {one.window} needs a time", "a column of days or moments")
            else:
                document.fault(at_time, "a state as of a delivery is of no time", "window: day, month or year")
        _check_factor(document, at, declared)
        [(aggregate, of)] = ways
        self._check_sql(document, (*at, "where"), declared.where)
        condition = aggregate is Aggregate.SHARE
        self._check_sql(document, (*at, str(aggregate)), of if condition else of and f"({of}) is null")
        return Measure(
            table=declared.table,
            aggregate=aggregate,
            of=of,
            where=declared.where or "",
            time=declared.time,
            place=declared.place,
            times=1.0 if declared.times is None else declared.times,
            divide=declared.divide or 1.0,
        )

    def _check_table(self, document: Document, at: YamlPath, table: str) -> None:
        names = {name.removeprefix("theme.") for name in self.known.tables if name.startswith("theme.")}
        unsure = self.known.unsound & {(TABLE, ""), (ENTITY, ""), (ENTITY, table)}
        if table not in names and not unsure:
            document.fault(at, f"no domain declares a theme table {table!r}", nearest(table, names))

    def _check_sql(self, document: Document, at: YamlPath, sql: str | None) -> None:
        if sql and (fault := self.known.condition_fault(sql, None)):
            document.fault(at, fault, "an SQL expression about one row of the table")

    def judge_formulas(self) -> None:
        """Note what a formula names that is not there or of another window, and rings of formulas."""
        above: dict[str, tuple[str, ...]] = {}
        for one in self.every.values():
            if one.formula is None:
                continue
            document, place = self.places[one.id]
            for name in one.formula.names:
                self._check_named(document, (*place, "formula"), one, name)
            above[one.id] = tuple(name for name in one.formula.names if name in self.every)
        try:
            TopologicalSorter(above).prepare()
        except CycleError as error:
            ring = [str(name) for name in error.args[1]]
            document, place = self.places[min(ring)]
            text = f"the formulas go round in a ring: {' → '.join(reversed(ring))}"
            document.fault((*place, "formula"), text, "one of them as a measure over a table")
            for name in ring:
                self.every.pop(name, None)

    def _check_named(self, document: Document, at: YamlPath, one: Indicator, name: str) -> None:
        other = self.every.get(name)
        if {name, one.id} & self.twice:
            return
        if other is None:
            if self.whole:
                document.fault(at, f"there is no indicator {name!r}", nearest(name, self.every))
        elif other.window is not one.window:
            text = f"{name} is of each {other.window}, and {one.id} of each {one.window}"
            document.fault(at, text, f"indicators of one window; window: {other.window}")


def _ways(declared: MeasureDeclaration) -> Iterator[tuple[Aggregate, str]]:
    for aggregate in Aggregate:
        written = getattr(declared, aggregate)
        if written is not None and written is not False:
            yield aggregate, "" if written is True else str(written)


def _check_factor(document: Document, at: YamlPath, declared: MeasureDeclaration) -> None:
    if declared.times is not None and declared.divide is not None:
        document.fault((*at, "divide"), "it is multiplied and divided", "one of times and divide")
    if declared.divide == 0:
        document.fault((*at, "divide"), "it divides by zero", "another number, or leave divide out")
    if declared.times == 0:
        document.fault((*at, "times"), "times nothing it is always 0", "another number, or leave times out")


def _formula(document: Document, at: YamlPath, text: str) -> Formula | None:
    try:
        return Formula.read(text)
    except NotAFormula as error:
        document.fault(at, error.what, error.fix)
        return None
