"""What the store knows, as plain records: for pages, findings and the command line. Nothing is written here."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from contracts.dimensions import DIMENSIONS
from contracts.weights import Weights
from lake.quality_past.standings import COUNTS
from lake.quality_past.store import QualityPast
from lake.quality_past.units import CITY, DATASET, DELIVERED
from quality.measured import Score, State, Told, score, standing

_LINE = 1000


@dataclass(frozen=True)
class Day:
    """How something stood at the end of a day."""

    day: date
    score: Score


@dataclass(frozen=True)
class Scope:
    """The city, a department or a domain: its newest score, of how many units, and how many of those are bad."""

    name: str
    score: Score
    units: int
    measured: Mapping[str, int]
    bad: int
    day: date


@dataclass(frozen=True)
class UnitNow:
    """A dataset, theme table or product as it stands: `declared` rules stand on it, `failing` of them do not hold."""

    name: str
    kind: str
    department: str
    domain: str
    score: Score
    failing: int
    declared: int
    day: date | None

    @property
    def state(self) -> State:
        """What is known of it."""
        return self.score.state


@dataclass(frozen=True)
class Failing:
    """A rule that does not hold now: `since` is the first day of the present unbroken stretch.

    `unit` is the dataset, theme table or product. `table` is `delivered.<table>` where rows are rejected as they land.
    """

    unit: str
    table: str
    rule: str
    column: str
    kind: str
    dimension: str
    severity: str
    rows: int | None
    failing: int | None
    error: str | None
    since: date
    day: date


@dataclass(frozen=True)
class Odd:
    """A number of the newest batch of a dataset outside its band; `since` is the first day that it is so without end.

    `kind` is of `quality.anomalies.Kind`; `column` "" is the batch as a whole. Observed and band are counts of rows or
    distinct values, shares, hours after the delivery's day began, or a distance from 0 to 1.
    """

    dataset: str
    column: str
    kind: str
    observed: float
    expected: float
    low: float
    high: float
    history: int
    since: date
    day: date
    batch: str


@dataclass(frozen=True)
class Conformance:
    """落标率: of the newest delivery, the values that a standard was there for, and how many were not as it has them.

    `columns` landed columns, `bound` of which follow a data element or code set that a value can break.
    """

    columns: int
    bound: int
    values: int
    broken: int
    """`values` are cells with something in them, as far as a profile tells: what is not there conforms to nothing."""

    @property
    def share(self) -> float | None:
        """The share of values that conform, in percent; None where there is no value."""
        return round(100.0 * max(0, self.values - self.broken) / self.values, 2) if self.values > 0 else None

    def __add__(self, other: Conformance) -> Conformance:
        return Conformance(
            self.columns + other.columns,
            self.bound + other.bound,
            self.values + other.values,
            self.broken + other.broken,
        )


def as_of(connection: sqlite3.Connection) -> int:
    """The number of the ledger's entry up to which the store knows."""
    row = connection.execute("select value from meta where name = 'read_to'").fetchone()
    return int(row[0]) if row else 0


def scopes(connection: sqlite3.Connection, weights: Weights) -> dict[str, Scope]:
    """Every scope as it stands, by name: `city`, `department:<name>`, `domain:<name>`."""
    newest = "(select max(day) from rollup where scope = ?)"
    rows = connection.execute(f"select * from rollup where day = {newest} order by scope", (CITY,))
    return {row["scope"]: _scope(row, weights) for row in rows}


def _scope(row: sqlite3.Row, weights: Weights) -> Scope:
    measured = {name: int(row[f"{name}_n"]) for name in DIMENSIONS}
    found = score({name: row[name] for name in DIMENSIONS}, weights)
    return Scope(row["scope"], found, row["units"], measured, row["bad"], date.fromisoformat(row["day"]))


def scope_line(connection: sqlite3.Connection, scope: str, weights: Weights, most: int = _LINE) -> list[Day]:
    """The line of a scope over time, oldest first: a day for each on which something of the city was checked."""
    rows = connection.execute(
        "select * from rollup where scope = ? order by day desc limit ?", (scope, most)
    ).fetchall()
    return [_day(row, weights) for row in reversed(rows)]


def unit_line(connection: sqlite3.Connection, unit: str, weights: Weights, most: int = _LINE) -> list[Day]:
    """The line of a dataset, theme table or product over time, oldest first."""
    rows = connection.execute(
        "select standing.* from standing join unit on unit.id = unit where unit.name = ? order by day desc limit ?",
        (unit, most),
    ).fetchall()
    return [_day(row, weights, State(row["state"])) for row in reversed(rows)]


def _day(row: sqlite3.Row, weights: Weights, state: State = State.MEASURED) -> Day:
    return Day(date.fromisoformat(row["day"]), score({name: row[name] for name in DIMENSIONS}, weights, state))


def units_now(connection: sqlite3.Connection, weights: Weights, department: str = "") -> list[UnitNow]:
    """Every unit as it stands, or those of a department; one that was never checked is there, too."""
    where, wanted = ("and department = ?", (department,)) if department else ("", ())
    rows = connection.execute(
        "select u.name, u.kind, u.department, u.domain, u.declared, "
        "exists (select 1 from delivery where dataset = u.name) as came, s.* from unit as u left join standing as s on "
        "s.unit = u.id and s.day = (select max(day) from standing where unit = u.id) "
        f"where u.live {where} order by u.name",
        wanted,
    ).fetchall()
    return [_unit(row, weights) for row in rows]


def _unit(row: sqlite3.Row, weights: Weights) -> UnitNow:
    state = State(row["state"]) if row["state"] else State.UNCHECKED
    if state is State.EMPTY and row["kind"] == DATASET and not row["came"]:
        state = State.UNCHECKED  # nothing ever came of it that could have been checked
    dimensions = {} if state is State.UNCHECKED else {name: row[name] for name in DIMENSIONS}
    found = score(dimensions, weights, state)
    day = date.fromisoformat(row["day"]) if row["day"] else None
    facts = (row["name"], row["kind"], row["department"], row["domain"])
    return UnitNow(*facts, found, row["failing"] or 0, row["declared"], day)


def failing_since(connection: sqlite3.Connection, unit: str = "", department: str = "") -> list[Failing]:
    """The rules that do not hold now, of all units, of one, or of a department's; the longest failing first."""
    where, wanted = "", tuple[str, ...]()
    if unit:
        where, wanted = " and unit.name = ?", (unit,)
    elif department:
        where, wanted = " and unit.department = ?", (department,)
    rows = connection.execute(
        "select unit.name as unit_name, rule.* from rule join unit on unit.id = unit where passed = 0 "
        f"and {COUNTS} and unit.live{where} order by since, unit.name, tbl, rule.name",
        wanted,
    ).fetchall()
    return [_failing(row) for row in rows]


def _failing(row: sqlite3.Row) -> Failing:
    facts = (row["unit_name"], row["tbl"], row["name"], row["col"], row["kind"], row["dimension"], row["severity"])
    days = date.fromisoformat(row["since"] or row["day"]), date.fromisoformat(row["day"])
    return Failing(*facts, row["rows"], row["failing"], row["error"], *days)


def results_of(connection: sqlite3.Connection, unit: str) -> list[sqlite3.Row]:
    """The newest result of each rule that counts of a unit, by table and rule; those that fail first."""
    return connection.execute(
        f"select rule.* from rule join unit on unit.id = unit where unit.name = ? and {COUNTS} "
        "order by passed, tbl, rule.name",
        (unit,),
    ).fetchall()


def kept_now(connection: sqlite3.Connection, unit: str) -> dict[str, bool]:
    """Rule -> whether what is stored of a unit keeps it, by its newest result on each of its tables."""
    where = "unit.name = ? and rule.live and instr(tbl, ?) <> 1"
    sql = f"select rule.name, min(passed) from rule join unit on unit.id = unit where {where} group by 1"
    return {rule: bool(passed) for rule, passed in connection.execute(sql, (unit, DELIVERED))}


def result_on(connection: sqlite3.Connection, table: str, rule: str, column: str = "") -> list[dict[str, Any]]:
    """Every result of a rule, oldest first; those that say the same one after the other as one, with `times`."""
    rows = connection.execute(
        "select result.* from result join rule on rule.id = result.rule where tbl = ? and name = ? and col = ? "
        "order by first",
        (table, rule, column),
    ).fetchall()
    return [{name: row[name] for name in row.keys() if name not in {"rule", "vacuous"}} for row in rows]  # noqa: SIM118


def column_scores(connection: sqlite3.Connection, unit: str, weights: Weights) -> dict[str, Score]:
    """The score of each column of a unit, by the rules that are about it."""
    by: dict[str, list[Told]] = {}
    rows = connection.execute(
        "select col, dimension, passed, rule.rows, rule.failing, rule.error, tbl, (select vacuous from result "
        "where rule = rule.id order by first desc limit 1) as vacuous from rule join unit on unit.id = unit "
        f"where unit.name = ? and {COUNTS} and col <> ''",
        (unit,),
    )
    for row in rows:
        told = Told(row[1], bool(row[2]), row[3], row[4], row[5], not str(row[6]).startswith(DELIVERED), bool(row[7]))
        for name in str(row[0]).split(", "):
            by.setdefault(name, []).append(told)
    return {name: _scored(each, weights) for name, each in by.items()}


def _scored(told: Iterable[Told], weights: Weights) -> Score:
    each = list(told)
    found = standing(each, all_null=all(one.nothing for one in each))
    return score(found.dimensions, weights, found.state)


def column_line(connection: sqlite3.Connection, unit: str, column: str, weights: Weights) -> list[Day]:
    """The line of one column over time, oldest first: a day for each on which a result of its rules changed."""
    rows = connection.execute(
        "select result.day, rule, dimension, result.passed, result.rows, result.failing, result.error, tbl, vacuous "
        "from result join rule on rule.id = result.rule join unit on unit.id = unit where unit.name = ? "
        f"and {COUNTS} and ', ' || col || ', ' like ? order by first",
        (unit, f"%, {column}, %"),
    ).fetchall()
    newest, found = dict[int, Told](), dict[str, Score]()
    for day, rule, dimension, passed, count, failing, error, table, vacuous in rows:
        newest[rule] = Told(
            dimension, bool(passed), count, failing, error, not table.startswith(DELIVERED), bool(vacuous)
        )
        found[day] = _scored(newest.values(), weights)
    return [Day(date.fromisoformat(day), one) for day, one in found.items()][-_LINE:]


def anomalies_now(connection: sqlite3.Connection, dataset: str = "") -> list[Odd]:
    """What is odd of the newest batch that was judged of each dataset, or of one."""
    where, wanted = ("and anomaly.dataset = ?", (dataset,)) if dataset else ("", ())
    rows = connection.execute(
        "select anomaly.* from judged join anomaly on anomaly.dataset = judged.dataset and anomaly.day = judged.day "
        f"where true {where} order by anomaly.dataset, col, kind",
        wanted,
    ).fetchall()
    return [_odd(connection, row) for row in rows]


def anomalies_of(connection: sqlite3.Connection, dataset: str, most: int = 60) -> list[sqlite3.Row]:
    """The newest anomalies of a dataset, the latest first."""
    return connection.execute(
        "select * from anomaly where dataset = ? order by day desc, col, kind limit ?", (dataset, most)
    ).fetchall()


def silent_kinds(connection: sqlite3.Connection, dataset: str) -> dict[str, int]:
    """The kinds of number that nothing was said of at the newest batch, and how many batches there are to judge by."""
    row = connection.execute("select silent from judged where dataset = ?", (dataset,)).fetchone()
    return dict(json.loads(row[0])) if row else {}


def _odd(connection: sqlite3.Connection, row: sqlite3.Row) -> Odd:
    """Since when: as far back as each day with a delivery was odd in the same way."""
    since = connection.execute(
        "select min(day) from anomaly where dataset = ?1 and col = ?2 and kind = ?3 and day <= ?4 and day > coalesce("
        "(select max(day) from delivery where dataset = ?1 and day <= ?4 and state not in ('withdrawn', 'recalled') "
        "and day not in (select day from anomaly where dataset = ?1 and col = ?2 and kind = ?3)), '')",
        (row["dataset"], row["col"], row["kind"], row["day"]),
    ).fetchone()[0]
    facts = (row["dataset"], row["col"], row["kind"], row["observed"], row["expected"], row["low"], row["high"])
    days = date.fromisoformat(since or row["day"]), date.fromisoformat(row["day"])
    return Odd(*facts, row["history"], *days, row["batch"])


def conformance(past: QualityPast, connection: sqlite3.Connection, of: str = "") -> dict[str, Conformance]:
    """落标率 of each dataset, of a department's, or of one, by its newest day's deliveries."""
    rows = connection.execute(
        f"select d.dataset, sum(bound), sum(broken) from ({DATASETS}) as d join delivery on delivery.dataset = "
        "d.dataset and state not in ('withdrawn', 'recalled') and day = (select max(day) from delivery "
        "where dataset = d.dataset and state not in ('withdrawn', 'recalled')) group by 1",
        (of,),
    )
    told = {row[0]: (int(row[1]), int(row[2])) for row in rows}
    return {
        name: Conformance(len(one.columns), past.declared.following[name], *told.get(name, (0, 0)))
        for name, one in past.catalogue.datasets.items()
        if of in ("", name, one.department)
    }


def column_conformance(past: QualityPast, connection: sqlite3.Connection, dataset: str) -> dict[str, tuple[int, int]]:
    """Column -> values of the newest day's deliveries, and how many are not as the column's standard has them.

    Of a column that follows no standard that a value can break, nothing is told.
    """
    rows = connection.execute(
        "select d.read, d.reasons, p.columns from delivery as d left join profile as p using (dataset, day, batch) "
        "where dataset = ?1 and d.state not in ('withdrawn', 'recalled') and day = (select max(day) from delivery "
        "where dataset = ?1 and state not in ('withdrawn', 'recalled'))",
        (dataset,),
    ).fetchall()
    told = [(int(read), json.loads(reasons), json.loads(profile or "{}")) for read, reasons, profile in rows]
    return {
        column: (
            sum(read - int(profile.get(column, {}).get("nulls", 0)) for read, _, profile in told),
            sum(min(read, sum(reasons.get(one, 0) for one in names)) for read, reasons, _ in told),
        )
        for column, names in past.declared.bound.get(dataset, {}).items()
        if names and told
    }


def newest_profile(connection: sqlite3.Connection, dataset: str) -> tuple[date, int, dict[str, Any]] | None:
    """The day, rows and columns of the newest profile of a dataset; None where there is none."""
    row = connection.execute(
        "select day, rows, columns from profile where dataset = ? order by day desc, seq desc limit 1", (dataset,)
    ).fetchone()
    return (date.fromisoformat(row[0]), int(row[1]), json.loads(row[2])) if row else None


@dataclass(frozen=True)
class Kept:
    """The share of rows that keep the rules of one kind, in percent, and of how many rules."""

    share: float
    rules: int


def by_kind(connection: sqlite3.Connection) -> dict[str, dict[str, Kept]]:
    """Department -> kind of rule -> how the rules of that kind are kept: the mean over rules, each counting alike.

    A rule that nothing could break counts for nothing; one that could not be judged counts as broken.
    """
    rows = connection.execute(
        "select department, rule.kind, avg(case when error is not null or rows is null or failing is null then 0.0 "
        "when rows = 0 then 0.0 when passed or failing then 1.0 - min(failing, rows) * 1.0 / rows else 0.0 end), "
        f"count(*) from rule join unit on unit.id = unit where {COUNTS} and unit.live and unit.kind = ? "
        "and not (error is null and rows = 0 and passed) group by 1, 2 order by 1, 2",
        (DATASET,),
    )
    found: dict[str, dict[str, Kept]] = {}
    for department, kind, share, count in rows:
        found.setdefault(department, {})[kind] = Kept(100.0 * share, int(count))
    return found


# Each dataset once, so that its newest day is looked up and not searched for among all that there ever were.
DATASETS = "select name as dataset from unit where kind = 'dataset' and live and ?1 in ('', name, department)"


def told_at(connection: sqlite3.Connection) -> datetime | None:
    """When the newest delivery that the store knows of was told; None where it knows of none."""
    row = connection.execute("select max(value) from meta where name = 'told_at'").fetchone()
    return datetime.fromisoformat(row[0]) if row and row[0] else None


def worst(units: Iterable[UnitNow], most: int) -> list[UnitNow]:
    """Those that are worst: first what could not be measured at all, then by score."""
    bad = [
        one for one in units if one.state is not State.UNCHECKED and (one.state is not State.MEASURED or one.failing)
    ]
    order: Sequence[State] = (State.CRASHED, State.EMPTY, State.ALL_NULL, State.MEASURED)
    return sorted(bad, key=lambda one: (order.index(one.state), one.score.overall or 0.0, one.name))[:most]
