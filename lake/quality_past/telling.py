"""Entries of the ledger folded into the store, in their order: what is told again tells nothing new.

Checks, probes, deliveries and profiles. Which days a score changed on is noted for `standings`; what is judged of a
batch is `judging`'s.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from contracts.clock import day_of
from contracts.dimensions import DIMENSIONS
from contracts.model import Dataset
from lake.quality_past.units import DELIVERED, READABLE, Declared
from quality.measured import Standing, State, Told, standing
from sharing.chain import Entry

KINDS = ("batch", "check", "probe", "profile", "recall")
_TAKEN = frozenset({"accepted", "known", "rejudged", "held"})
_GONE = frozenset({"withdrawn", "recalled"})
# Of these rules the rows are not those of the table.
OTHER_ROWS = frozenset({"built", "freshness", READABLE})


@dataclass
class _Rule:
    """The newest result of one rule."""

    id: int
    table: str
    kind: str
    dimension: str
    live: int
    first: int
    last: int
    told: tuple[Any, ...]
    vacuous: bool
    column: str = ""
    since: str | None = None

    def as_told(self) -> Told:
        rows, failing, passed, error = self.told
        own = self.kind not in OTHER_ROWS and not self.table.startswith(DELIVERED)
        return Told(self.dimension, bool(passed), rows, failing, error, own, self.vacuous, self.live == 2)


@dataclass
class _Unit:
    id: int
    name: str
    rules: dict[tuple[str, str, str], _Rule] = field(default_factory=dict)
    dirty: str = ""
    """The day whose standing has not been written yet."""


class Telling:
    """One fold, within the caller's transaction. `touched` are the days on which scores changed."""

    def __init__(self, connection: sqlite3.Connection, declared: Declared) -> None:
        self._connection, self._declared = connection, declared
        self._units: dict[str, _Unit] = {}
        self._nothing: dict[str, frozenset[str]] = {}
        self.touched: set[str] = set()

    def tell(self, entry: Entry) -> None:
        """One entry."""
        getattr(self, f"_{entry.kind}")(entry)

    def end(self) -> None:
        """Write what is noted and not yet written."""
        for unit in self._units.values():
            self._stand(unit)

    def _check(self, entry: Entry) -> None:
        self._result(entry, entry.body)

    def _probe(self, entry: Entry) -> None:
        """What a probe found is told of the product, and of every dataset that the product is made of."""
        body = {**entry.body, "rule": f"{READABLE}:{entry.body['agreement']}", "dimension": "accessibility"}
        known = self._declared.datasets
        tables = [f"raw.{known[name].table}" for name in body.get("sources", ()) if name in known]
        for table in [str(body["table"]), *tables]:
            self._result(entry, {**body, "table": table})

    def _result(self, entry: Entry, body: Any) -> None:
        table, day = str(body["table"]), str(day_of(entry.at))
        name = self._declared.by_table.get(table)
        if name is None:
            return
        unit = self._unit(name)
        if unit.dirty != day:
            self._stand(unit)
        key = table, str(body["rule"]), str(body.get("column") or "")
        told = (body["rows"], body["failing_rows"], int(bool(body["passed"])), body.get("error"))
        vacuous = bool(key[2]) and set(key[2].split(", ")) <= self._nothing_in(name)
        rule = unit.rules.get(key)
        if rule is None:
            rule = unit.rules[key] = self._new(unit, key, body, (entry, day, told, vacuous))
        else:
            self._again(rule, (entry, day, told, vacuous), body)
        if rule.live:
            unit.dirty = day

    def _new(self, unit: _Unit, key: tuple[str, str, str], body: Any, new: tuple[Any, ...]) -> _Rule:
        entry, day, told, vacuous = new
        kind, dimension = self._declared.kind(key[0], key[1]), str(body["dimension"])
        live = self._declared.counts(key[0], key[1]) if dimension in DIMENSIONS else 0
        since = None if told[2] else day
        facts = (*key, unit.id, kind or "", dimension, str(body.get("severity", "error")), live)
        newest = (entry.seq, day, entry.run or "", *told, body.get("observed"), since, entry.seq if since else None)
        marks = ", ".join("?" * (len(facts) + len(newest)))
        cursor = self._connection.execute(
            "insert into rule (tbl, name, col, unit, kind, dimension, severity, live, seq, day, run, rows, failing, "
            f"passed, error, observed, since, since_seq) values ({marks})",
            (*facts, *newest),
        )
        rule = _Rule(
            int(cursor.lastrowid or 0),
            key[0],
            kind or "",
            dimension,
            live,
            entry.seq,
            entry.seq,
            told,
            vacuous,
            key[2],
            since,
        )
        self._interval(rule, day)
        return rule

    def _again(self, rule: _Rule, new: tuple[Any, ...], body: Any) -> None:
        entry, day, told, vacuous = new
        same = (rule.told, rule.vacuous) == (told, vacuous)
        rule.since = None if told[2] else rule.since or day
        rule.told, rule.vacuous, rule.last = told, vacuous, entry.seq
        self._connection.execute(
            "update rule set seq = ?, day = ?, run = ?, rows = ?, failing = ?, passed = ?, error = ?, observed = ?, "
            "since_seq = case when ? is null then null when since is null then ? else since_seq end, since = ?, "
            "severity = ? where id = ?",
            (entry.seq, day, entry.run or "", *told, body.get("observed"), rule.since, entry.seq, rule.since,
             str(body.get("severity", "error")), rule.id),
        )  # fmt: skip
        if same:
            self._connection.execute(
                "update result set last = ?, last_day = ?, times = times + 1 where rule = ? and first = ?",
                (entry.seq, day, rule.id, rule.first),
            )
        else:
            rule.first = entry.seq
            self._interval(rule, day)

    def _interval(self, rule: _Rule, day: str) -> None:
        """Results that say the same, one after the other, are kept as one with its first and its last."""
        self._connection.execute(
            "insert or replace into result values (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?)",
            (rule.id, rule.first, rule.last, day, day, *rule.told, int(rule.vacuous)),
        )

    def _unit(self, name: str) -> _Unit:
        if name not in self._units:
            row = self._connection.execute("select id from unit where name = ?", (name,)).fetchone()
            unit = self._units[name] = _Unit(int(row[0]), name)
            unit.rules = dict(_rules(self._connection, unit.id))
        return self._units[name]

    def _stand(self, unit: _Unit) -> None:
        """Write how a unit stands at the end of the day on which something was last told of it."""
        if not unit.dirty:
            return
        found = standing((one.as_told() for one in unit.rules.values() if one.live), all_null=self._all_null(unit.name))
        write_standing(self._connection, unit.id, unit.dirty, found)
        self.touched.add(unit.dirty)
        unit.dirty = ""

    def _all_null(self, name: str) -> bool:
        dataset = self._declared.datasets.get(name)
        return dataset is not None and {one.name for one in dataset.columns} <= self._nothing_in(name)

    def _nothing_in(self, name: str) -> frozenset[str]:
        """The columns of a dataset in which its newest profiled batch has no value at all."""
        if name not in self._nothing:
            row = self._connection.execute(
                "select rows, columns from profile where dataset = ? order by day desc, seq desc limit 1", (name,)
            ).fetchone()
            self._nothing[name] = nothing_in(row[0], json.loads(row[1])) if row else frozenset()
        return self._nothing[name]

    def _batch(self, entry: Entry) -> None:
        body = entry.body
        if not body["batch"] or not body["delivered_on"]:
            return
        key = str(body["dataset"]), str(body["delivered_on"]), str(body["batch"])
        if body["state"] in _GONE:
            self._connection.execute(
                "update delivery set state = ? where dataset = ? and day = ? and batch = ?", (body["state"], *key)
            )
            self._judged_on_delivery(entry, key[0])
        elif body["state"] in _TAKEN:
            self._delivered(entry, key)
            self._judged_on_delivery(entry, key[0], key[1])

    def _delivered(self, entry: Entry, key: tuple[str, str, str]) -> None:
        body, counted = entry.body, dict(entry.body.get("reasons") or {})
        bound, broken = self._conformance(key[0], int(body.get("read") or 0), counted)
        bound -= self._empty_cells(key)
        reasons = json.dumps(counted, ensure_ascii=False, sort_keys=True)
        counts = (int(body.get("read") or 0), int(body.get("accepted") or 0), int(body.get("quarantined") or 0))
        there = self._connection.execute(
            "select reasons from delivery where dataset = ? and day = ? and batch = ?", key
        ).fetchone()
        if there is None:
            if body["state"] == "known" and not counted:
                bound, broken, reasons = self._as_before(key, (bound, broken, reasons))
            self._connection.execute(
                "insert into delivery values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*key, entry.seq, entry.at.isoformat(), body["state"], *counts, bound, broken, reasons),
            )
            told = "insert or replace into meta values ('told_at', ?)"
            self._connection.execute(told, (entry.at.isoformat(),))
            self._await(key)
        elif body["state"] != "known":
            self._connection.execute(
                "update delivery set state = ?, read = ?, accepted = ?, quarantined = ?, bound = ?, broken = ?, "
                "reasons = ? where dataset = ? and day = ? and batch = ?",
                (body["state"], *counts, bound, broken, reasons, *key),
            )

    def _judged_on_delivery(self, entry: Entry, dataset: str, day: str = "") -> None:
        """What the rules that reject rows found of a dataset's newest day, as results of their own.

        What came for a `day` before the newest changes that day's own numbers, and nothing that holds now; what is
        taken back leaves what was newest before it.
        """
        known = self._declared.datasets.get(dataset)
        newest = self._newest_day(known) if known is not None else None
        if known is None or newest is None or (day and day < newest[0]):
            return
        _, read, reasons = newest
        for name, rule in self._declared.delivered[known.id].items():
            told = (rows for why, rows in reasons.items() if why in rule.reasons or why.split(":")[0] in rule.reasons)
            failing = min(read, sum(told))
            facts = {"table": f"{DELIVERED}{known.table}", "rule": name, "dimension": rule.dimension}
            more = {"column": rule.column, "rows": read, "failing_rows": failing, "passed": not failing}
            self._result(entry, {**facts, **more, "severity": "error"})

    def _newest_day(self, dataset: Dataset) -> tuple[str, int, dict[str, int]] | None:
        """The newest day of which something is delivered, with rows and reasons: of its last delivery, or, where a
        delivery comes in parts, of all of them together."""
        rows = self._connection.execute(
            "select day, read, reasons from delivery where dataset = ?1 and state not in ('withdrawn', 'recalled') and "
            "day = (select max(day) from delivery where dataset = ?1 and state not in ('withdrawn', 'recalled')) "
            "order by seq desc",
            (dataset.id,),
        ).fetchall()
        counted = rows if dataset.parts else rows[:1]
        reasons: dict[str, int] = {}
        for _, _, text in counted:
            for why, count in json.loads(text).items():
                reasons[why] = reasons.get(why, 0) + count
        return (rows[0][0], sum(int(row[1]) for row in counted), reasons) if rows else None

    def _as_before(self, key: tuple[str, str, str], new: tuple[int, int, str]) -> tuple[int, int, str]:
        """Bytes that were delivered before are told of without their reasons: they are those of then."""
        row = self._connection.execute(
            "select bound, broken, reasons from delivery where dataset = ? and batch = ? order by seq limit 1",
            (key[0], key[2]),
        ).fetchone()
        return (row[0], row[1], row[2]) if row else new

    def _conformance(self, dataset: str, read: int, reasons: dict[str, int]) -> tuple[int, int]:
        """Of a delivery: values that a standard was there for, and how many of them are not as it has them."""
        bound = {name: names for name, names in self._declared.bound.get(dataset, {}).items() if names}
        broken = sum(min(read, sum(reasons.get(one, 0) for one in names)) for names in bound.values())
        return read * len(bound), broken

    def _empty_cells(self, key: tuple[str, str, str]) -> int:
        """How many cells of the columns that follow a standard have nothing in them, as far as a profile tells."""
        row = self._connection.execute(
            "select columns from profile where dataset = ? and day = ? and batch = ?", key
        ).fetchone()
        told = json.loads(row[0]) if row else {}
        bound = self._declared.bound.get(key[0], {})
        return sum(int(told[name]["nulls"]) for name, names in bound.items() if names and name in told)

    def _profile(self, entry: Entry) -> None:
        body = entry.body
        key = str(body["dataset"]), str(body["delivered_on"]), str(body["batch"])
        columns = json.dumps(body["columns"], ensure_ascii=False, separators=(",", ":"))
        before = self._empty_cells(key)
        self._connection.execute(
            "insert or replace into profile values (?, ?, ?, ?, ?, ?, ?, null)",
            (*key, entry.seq, str(body["by"]), int(body["rows"]), columns),
        )
        self._connection.execute(
            "update delivery set bound = bound - ? where dataset = ? and day = ? and batch = ?",
            (self._empty_cells(key) - before, *key),
        )
        self._nothing.pop(key[0], None)
        self._await(key)

    def _recall(self, entry: Entry) -> None:
        batch = (str(entry.body["batch"]),)
        concerned = self._connection.execute("select distinct dataset from delivery where batch = ?", batch).fetchall()
        self._connection.execute("update delivery set state = 'recalled' where batch = ?", batch)
        for (dataset,) in concerned:
            self._judged_on_delivery(entry, str(dataset))

    def _await(self, key: tuple[str, str, str]) -> None:
        """A batch waits to be held against those before it."""
        self._connection.execute(
            "insert into waiting values (?, ?) on conflict (dataset) do update set day = min(day, excluded.day)",
            key[:2],
        )


def nothing_in(rows: int, columns: dict[str, Any]) -> frozenset[str]:
    """The columns of a profile that have no value at all."""
    return frozenset(name for name, one in columns.items() if rows and one["nulls"] >= rows)


def write_standing(connection: sqlite3.Connection, unit: int, day: str, found: Standing) -> None:
    """Set down how a unit stood at the end of a day."""
    if found.state is State.UNCHECKED:
        connection.execute("delete from standing where unit = ? and day = ?", (unit, day))
        return
    values = [found.dimensions.get(name) for name in DIMENSIONS]
    marks = ", ".join("?" * (len(values) + 5))
    connection.execute(
        f"insert or replace into standing values ({marks})",
        (unit, day, *values, str(found.state), found.rules, found.failing),
    )


def _rules(connection: sqlite3.Connection, unit: int) -> Iterator[tuple[tuple[str, str, str], _Rule]]:
    for row in connection.execute(
        "select id, tbl, name, col, kind, dimension, live, seq, rows, failing, passed, error, since, "
        "(select max(first) from result where rule = id), "
        "(select vacuous from result where rule = id order by first desc limit 1) from rule where unit = ?",
        (unit,),
    ).fetchall():
        id_, table, name, column, kind, dimension, live, seq, *told, since, first, vacuous = row
        rule = _Rule(id_, table, kind, dimension, live, first, seq, tuple(told), bool(vacuous), column, since)
        yield (table, name, column), rule
