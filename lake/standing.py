"""Which batches count now, and which tables were made since that last changed: what is made again for a recall.

The ledger and the tombstones say what was recalled, also where there is no lake; the lake's `meta` holds a copy that is
brought up to date as a run begins. Rules of order are `order`'s, the views `store`'s. No release is judged here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import duckdb

from contracts.model import Dataset
from contracts.sql_text import literal
from lake.city import City
from lake.lost import drop_tables
from lake.order import ranks
from lake.store import RawView, ensure_tables, stored_batches, stored_deliveries
from lake.versions import snapshot
from sharing.recall import recalled_batches

_NEVER, _ALWAYS = -1, (1 << 62)
_RAW = "raw."


def take_recalls(city: City) -> frozenset[str]:
    """Have the lake know what was recalled, so that no view shows rows of it; the ids of all recalled batches."""
    connection, recalled = city.connection, frozenset(recalled_batches(city.ledger))
    known = {batch for (batch,) in connection.execute("select batch from lake.meta.recalled").fetchall()}
    fresh = sorted(recalled - known)
    if fresh:
        values = ", ".join(f"({literal(batch)})" for batch in fresh)
        connection.execute(f"insert into lake.meta.recalled values {values}")
        batches = stored_batches(connection)
        touched = {name for name, own in batches.items() if any(one.batch in set(fresh) for one in own)}
        ensure_tables(connection, [one for one in city.catalogue.delivered.values() if one.id in touched])
    return recalled


@dataclass(frozen=True)
class Made:
    """A table or view that a model makes: what it is directly made of, and whether its rows are made, not asked for."""

    above: Collection[str]
    stored: bool
    added_to: bool = False


@dataclass(frozen=True)
class Standing:
    """The tables of one build, `<schema>.<name>` -> how each is made, against the batches that count.

    `at` is the lake's snapshot at which the build began: what counted then is what its tables are made of.
    """

    connection: duckdb.DuckDBPyConnection
    tables: Mapping[str, Made]
    at: int

    @classmethod
    def begun(cls, city: City, tables: Mapping[str, Made]) -> Standing:
        """For a build that is about to begin; which batches began or ceased to count is noted."""
        _note_turns(city.connection, city.catalogue.datasets.values())
        return cls(city.connection, tables, snapshot(city.connection))

    def forget_stale(self, *, whole: bool = False, unvouched: Collection[str] = ()) -> list[str]:
        """Drop tables that are only added to and may hold rows of what no longer counts, or that are `unvouched`
        (`whole`: all that are only added to), and say which.

        They are then made whole. A model that fails leaves none, and so nothing of it leaves.
        """
        added_to = [name for name, made in self.tables.items() if made.added_to]
        wanted = [name for name in added_to if whole or name in unvouched or self._is_stale(name)]
        there = self.connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where database_name = 'lake'"
        ).fetchall()
        stale = sorted(set(wanted) & {name for (name,) in there})
        drop_tables(self.connection, stale)
        return stale

    def record(self, made: Mapping[str, bool]) -> None:
        """Note since when tables stand. `made` has those of this build that were made well -> whether they were made
        whole.
        """
        since = _Since(self, made)
        rows = [(name, since.of(name)) for name in self.tables]
        fresh = [(name, at) for name, at in rows if self._differs(name, at)]
        if not fresh:
            return
        listed = ", ".join(literal(name) for name, _ in fresh)
        values = ", ".join(f"({literal(name)}, {at}, {self._listed(name)})" for name, at in fresh)
        self.connection.execute("begin transaction")
        try:
            self.connection.execute(f"delete from lake.meta.standing where name in ({listed})")
            self.connection.execute(f"insert into lake.meta.standing values {values}")
            self.connection.execute("commit")
        except BaseException:
            self.connection.execute("rollback")
            raise

    def sources(self, name: str) -> frozenset[str]:
        """The raw tables that a table is made of, without their schema."""
        found, seen, stack = set[str](), set[str](), [name]
        while stack:
            one = stack.pop()
            if one not in seen:
                seen.add(one)
                if one.startswith(_RAW):
                    found.add(one.removeprefix(_RAW))
                stack += self.tables[one].above if one in self.tables else ()
        return frozenset(found)

    def _is_stale(self, name: str) -> bool:
        since = self.before.get(name, (_NEVER, ()))[0]
        return self._turned_between(name, since, _ALWAYS)

    def _differs(self, name: str, since: int) -> bool:
        """Whether it makes a difference: a table that stands as before, of the same sources, is not written down."""
        known = self.before.get(name)
        if known is None or set(known[1]) != self.sources(name):
            return True
        return self._turned_between(name, *sorted((known[0], since)))

    def _turned_between(self, name: str, low: int, high: int) -> bool:
        """Whether a batch of its sources began or ceased to count after one snapshot, and not after another."""
        return any(low < at <= high for source in self.sources(name) for at in self._turned.get(source, ()))

    def _listed(self, name: str) -> str:
        return f"[{', '.join(literal(one) for one in sorted(self.sources(name)))}]::varchar[]"

    @cached_property
    def before(self) -> Mapping[str, tuple[int, tuple[str, ...]]]:
        """Table -> since when it stands, and of which raw tables it was made."""
        rows = self.connection.execute("select name, since, sources from lake.meta.standing").fetchall()
        return {name: (since, tuple(sources)) for name, since, sources in rows}

    @cached_property
    def _turned(self) -> Mapping[str, Collection[int]]:
        rows = self.connection.execute(
            "select replace(dataset, '.', '__'), list(distinct noticed) from lake.meta.turned group by 1"
        ).fetchall()
        return dict(rows)


@dataclass(frozen=True)
class _Since:
    """Since when each table of a build stands: not longer than what it is made of."""

    standing: Standing
    made: Mapping[str, bool]
    known: dict[str, int] = field(default_factory=dict)

    def of(self, name: str) -> int:
        if name not in self.known:
            self.known[name] = self._of(name)
        return self.known[name]

    def _of(self, name: str) -> int:
        if name not in self.standing.tables:
            return _ALWAYS
        table = self.standing.tables[name]
        before = self.standing.before.get(name, (_NEVER, ()))[0]
        if table.stored and name not in self.made:
            return before
        above = min((self.of(one) for one in table.above), default=_ALWAYS)
        own = min(self.standing.at, _ALWAYS if self.made.get(name, True) else before) if table.stored else _ALWAYS
        return min(own, above)


def recalled_in(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[str, ...]:
    """The recalled batches whose rows may still be in `<schema>.<name>`: it was not made since they ceased to count.

    Of a table of which nothing is known, every recalled batch.
    """
    name = literal(table)
    rows = connection.execute(
        "select distinct b.batch from lake.meta.batches as b join lake.meta.recalled as r on r.batch = b.batch "
        "left join lake.meta.turned as t on t.dataset = b.dataset and t.batch = b.batch and not t.counts "
        f"left join (select since, sources from lake.meta.standing where name = {name}) as s on true "
        "where b.accepted > 0 and coalesce(list_contains(s.sources, replace(b.dataset, '.', '__')), true) "
        f"and coalesce(t.noticed, {_ALWAYS}) > coalesce(s.since, {_NEVER}) order by 1"
    ).fetchall()
    return tuple(batch for (batch,) in rows)


def _note_turns(connection: duckdb.DuckDBPyConnection, datasets: Iterable[Dataset]) -> None:
    """Write down which batches began or ceased to count since this was last asked; one never heard of counted."""
    rows = connection.execute("select dataset, batch, counts from lake.meta.turned").fetchall()
    known = {(dataset, batch): counts for dataset, batch, counts in rows}
    turned = [one for one in _now(connection, datasets) if known.get(one[:2], True) != one[2]]
    if not turned:
        return
    at = snapshot(connection)
    values = ", ".join(f"({literal(name)}, {literal(batch)}, {_true(counts)}, {at})" for name, batch, counts in turned)
    gone = ", ".join(f"({literal(name)}, {literal(batch)})" for name, batch, _ in turned)
    connection.execute("begin transaction")
    try:
        connection.execute(f"delete from lake.meta.turned where (dataset, batch) in ({gone})")
        connection.execute(f"insert into lake.meta.turned values {values}")
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def _now(connection: duckdb.DuckDBPyConnection, datasets: Iterable[Dataset]) -> Iterator[tuple[str, str, bool]]:
    """Dataset, batch and whether it counts, of datasets whose raw view shows just that."""
    shown = dict(connection.execute("select dataset, content from lake.meta.raw_views").fetchall())
    batches, deliveries = stored_batches(connection), stored_deliveries(connection)
    for dataset in datasets:
        own, known = batches.get(dataset.id, []), deliveries.get(dataset.id, [])
        if own and not RawView(dataset, known, own).statements(shown.get(dataset.id)):
            places = ranks(dataset, known, own)
            yield from ((dataset.id, one.batch, one.delivery in places) for one in own)


def _true(value: bool) -> str:
    return str(value).lower()
