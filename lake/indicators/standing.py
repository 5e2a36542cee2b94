"""What each indicator's newest value is worth today: current, amended, stale, …, with why and what to do next.

Asked anew whenever somebody looks: an input that did not come makes no event, and a value grows old by itself. The
store says what was said (`asking`), the ledger what was recalled, the history of deliveries what is late.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from contracts.calendar import Calendar
from contracts.clock import day_of
from contracts.frequency import Timeliness
from contracts.indicators import CITY, Indicator, Indicators, Window
from contracts.working_days import CalendarHorizon, working_days_between
from lake.indicators.asking import Status, Value, Values


class State(StrEnum):
    """How much a value is worth."""

    CURRENT = "current"
    AMENDED = "amended"
    STALE = "stale"
    DOUBTFUL = "doubtful"
    RECALLED = "recalled"
    UNDEFINED = "undefined"
    MISSING = "missing"
    FAILED = "failed"
    WITHHELD = "withheld"


TITLES: Mapping[State, tuple[str, str]] = {
    State.CURRENT: ("正常", "current"),
    State.AMENDED: ("已修订", "amended"),
    State.STALE: ("过期", "stale"),
    State.DOUBTFUL: ("存疑", "doubtful"),
    State.RECALLED: ("来源已召回", "source recalled"),
    State.UNDEFINED: ("无法计算", "undefined"),
    State.MISSING: ("缺数", "missing"),
    State.FAILED: ("计算失败", "failed"),
    State.WITHHELD: ("不予展示", "withheld"),
}
DUE = 20
"""So many working days after its end a window is due of which neither its declaration nor its sources' contracts say
it: none is silently old."""
SOUND = frozenset({State.CURRENT, State.AMENDED})
"""The states of values that may be shown without a word of warning."""


@dataclass(frozen=True)
class Shown:
    """One indicator at one place, as it is to be shown today. `late` are the sources that are behind, or recalled."""

    indicator: Indicator
    value: Value | None
    state: State
    level: str
    sources: tuple[str, ...]
    why: str = ""
    fix: str = ""
    late: tuple[str, ...] = ()
    going_on: bool = False
    """Whether the window is not over yet, so that more will come to it."""

    @property
    def number(self) -> float | None:
        """The number, where there is one that may be shown."""
        return self.value.value if self.value and self.state is not State.WITHHELD else None

    @property
    def verdict(self) -> str:
        """good, warn or bad by the declared thresholds; empty where there is nothing to judge."""
        return self.indicator.thresholds.judge(self.number)


@dataclass(frozen=True)
class Today:
    """All that decides about values on a day: how up to date datasets are, which batches were recalled, which theme
    tables fail a check of severity error (table -> rules)."""

    day: date
    calendar: Calendar
    timeliness: Mapping[str, Timeliness]
    recalled: Collection[str] = frozenset()
    failing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    allowed: Mapping[str, int] = field(default_factory=dict)
    """Dataset -> how many working days old its newest delivery may be; without a limit it is not there."""


def standing(values: Values | None, indicators: Indicators, today: Today, place: str) -> list[Shown]:
    """Every declared indicator at a place, in the order of the declarations."""
    if values is None:
        return [_never(one) for one in indicators.every.values()]
    asking = _Asking(values, today, place)
    return [asking.shown(one) for one in indicators.every.values()]


def _never(one: Indicator) -> Shown:
    return Shown(one, None, State.MISSING, one.level, (), "no run has made it yet", "run `zhongtai run`")


class _Asking:
    def __init__(self, values: Values, today: Today, place: str) -> None:
        self.today = today
        self.status, self.newest = values.status(), values.newest(place, today.day)
        self.city = self.newest if place == CITY else values.newest(CITY, today.day)
        self.ahead = values.ahead(place, today.day)
        self.sources, self.above = values.sources(), values.above()
        self.recalled = {
            dataset: batches & set(today.recalled)
            for dataset, batches in values.counted().items()
            if not batches.isdisjoint(today.recalled)
        }

    def shown(self, one: Indicator) -> Shown:
        status = self.status.get(one.id)
        if status is None:
            return _never(one)
        value, sources = self.newest.get(one.id), self.sources.get(one.id, ())
        if status.state == "withheld":
            return Shown(one, None, State.WITHHELD, status.level, sources, status.why, "change the declaration")
        state, why, fix, late = self._judged(one, status, value, sources)
        return Shown(one, value, state, status.level, sources, why, fix, late, self._goes_on(one, value))

    def _goes_on(self, one: Indicator, value: Value | None) -> bool:
        if value is None or one.window is Window.DELIVERY:
            return False
        return next_window(one.window, value.start) > self.today.day

    def _judged(
        self, one: Indicator, status: Status, value: Value | None, sources: tuple[str, ...]
    ) -> tuple[State, str, str, tuple[str, ...]]:
        if gone := tuple(name for name in sources if name in self.recalled):
            told = ", ".join(f"{name} ({', '.join(sorted(self.recalled[name]))[:16]}…)" for name in gone)
            failed = f"; and it could not be made since: {status.why}" if status.state == "failed" else ""
            return State.RECALLED, f"it is made of recalled batches of {told}{failed}", "run `zhongtai run`", gone
        if status.state == "failed":
            return State.FAILED, status.why, "mend what it is made of, then `zhongtai run`", ()
        late = tuple(name for name in sources if self._behind(name))
        if one.id in self.ahead:
            why = f"a window of {self.ahead[one.id]} has not begun: a source has days that are to come"
            return State.DOUBTFUL, why, f"have {' or '.join(sources)} corrected", ()
        if value is None:
            if one.id in self.city:
                return State.MISSING, "nothing was delivered of this place", f"see {' and '.join(sources)}", late
            return State.MISSING, status.why or "nothing was delivered", _deliver(late or sources), late
        whole = self.city.get(one.id, value)
        if whole.start > value.start:
            why = f"the city has a value of {whole.start}, and nothing of that was delivered of this place"
            return State.STALE, why, f"see {' and '.join(sources)}", late
        if value.state == "undefined":
            return State.UNDEFINED, value.why, "look at what it is divided by, or counted from", late
        if missing := self._missing_window(one, value):
            fresh = self._newest_before(sources, missing)
            return State.STALE, f"the {one.window} of {missing} is due and is not there", _deliver(fresh), fresh
        if late:
            told = "; ".join(f"{name}: {_behind_words(self.today.timeliness[name])}" for name in late)
            return State.STALE, told, _deliver(late), late
        if failing := self._failing(one):
            return State.DOUBTFUL, failing, "see `zhongtai check`, and mend what fails", ()
        if self._is_amended(one, value):
            return State.AMENDED, f"revision {value.revision} of this window", "", ()
        return State.CURRENT, "", "", ()

    def _is_amended(self, one: Indicator, value: Value) -> bool:
        """Whether it was said otherwise once its window was over: until then more comes to it as a matter of course."""
        if one.window is Window.DELIVERY:
            return value.revision > 1
        before = value.before_at
        return bool(before) and day_of(datetime.fromisoformat(str(before))) >= next_window(one.window, value.start)

    def _behind(self, dataset: str) -> bool:
        told = self.today.timeliness.get(dataset)
        return told is not None and told.behind

    def _failing(self, one: Indicator) -> str:
        return "; ".join(
            f"{table} fails {', '.join(self.today.failing[table])}"
            for table in self.above.get(one.id, ())
            if table in self.today.failing
        )

    def _missing_window(self, one: Indicator, value: Value) -> date | None:
        """The newest window that is due and later than the one that is there."""
        if one.window is Window.DELIVERY:
            return None
        due = self._due(one)
        start = window_of(one.window, self.today.day)
        while start > value.start:
            end = next_window(one.window, start) - timedelta(days=1)
            try:
                if working_days_between(end, self.today.day, self.today.calendar) > due:
                    return start
            except CalendarHorizon:
                return None
            start = window_of(one.window, start - timedelta(days=1))
        return None

    def _due(self, one: Indicator) -> int:
        """How many working days after its end a window is due: as declared, else as old as its sources may be."""
        if one.due_working_days is not None:
            return one.due_working_days
        known = [self.today.allowed[name] for name in self.sources.get(one.id, ()) if name in self.today.allowed]
        return max(known, default=DUE)

    def _newest_before(self, sources: tuple[str, ...], start: date) -> tuple[str, ...]:
        """Those of some datasets of which nothing came since a window began; all, where each has something."""
        days = {name: self.today.timeliness[name].newest for name in sources if name in self.today.timeliness}
        found = tuple(name for name, day in days.items() if day is None or day <= start)
        return found or sources


def window_of(window: Window, day: date) -> date:
    """The first day of the window that a day is in."""
    if window is Window.YEAR:
        return day.replace(month=1, day=1)
    return day.replace(day=1) if window is Window.MONTH else day


def next_window(window: Window, start: date) -> date:
    """The first day of the window after one."""
    if window is Window.YEAR:
        return start.replace(year=start.year + 1)
    if window is Window.MONTH:
        return (start.replace(day=28) + timedelta(days=4)).replace(day=1)
    return start + timedelta(days=1)


def _behind_words(told: Timeliness) -> str:
    if told.never:
        return "nothing ever came"
    # Beyond the years whose working days are known, what was counted up to their end is the least that it is.
    least = "at least " if told.unknown_year else ""
    if told.late:
        return f"due on {told.due}, {least}{told.late} working days ago"
    return f"the newest delivery, of {told.newest}, is {least}{told.age} working days old"


def _deliver(sources: tuple[str, ...]) -> str:
    return f"have {', '.join(sources)} delivered, then `zhongtai run`" if sources else "run `zhongtai run`"
