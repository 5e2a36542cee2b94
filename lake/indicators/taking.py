"""Values as the models have them now, put beside what was said before: new windows, amendments, values that are gone.

Set-based throughout: the lake's engine compares, and writes what differs into the store. A later value of a window
never takes the place of an earlier one; it is its next revision. What a value is worth today is `standing`'s to say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import duckdb

from contracts.sql_text import identifier, literal
from lake.city import City
from lake.indicators.schema import open_store, reading

_STORE = "indicator_store"
KIND = "indicators"
Batch = tuple[str, str]
"""A dataset, and a batch of it."""


@dataclass(frozen=True)
class Column:
    """One indicator as a column of a view: the level of its value, what is told of no value, whether a reason stands
    beside it (`<indicator>__why`), and why it is not taken; empty where it is. `definition` is the digest of what it is
    declared to be, `failed` why it could not be read."""

    indicator: str
    level: str
    otherwise: str
    has_reason: bool = False
    withheld: str = ""
    definition: str = ""
    failed: str = ""


@dataclass(frozen=True)
class Readable:
    """One view of the lake: its indicators, datasets and tables above it; `as_of` is the day that a state is of, where
    its rows have no window of their own. `failed` is why it could not be made; empty where it was."""

    relation: str
    columns: tuple[Column, ...]
    datasets: tuple[str, ...]
    above: tuple[str, ...]
    timed: bool
    as_of: date | None = None
    failed: str = ""

    @property
    def said(self) -> bool:
        """Whether anything that counts says anything."""
        return self.timed or self.as_of is not None


@dataclass(frozen=True)
class Taken:
    """What one making wrote: values of new windows, amendments, and values that nothing says any more."""

    making: int
    fresh: int
    amended: int
    withdrawn: int
    failed: Mapping[str, str] = field(default_factory=dict)
    """View -> why some of its indicators could not be read."""

    @property
    def anything(self) -> bool:
        """Whether any value is another than before."""
        return bool(self.fresh or self.amended or self.withdrawn)


def store_path(state: Path) -> Path:
    """Where the store of a state lies."""
    return state / "indicators" / "values.sqlite"


def take(city: City, views: Sequence[Readable], counting: Collection[Batch] = ()) -> Taken:
    """Take in what views say now; `counting` are the batches that count, each with its dataset.

    All of it is one transaction of the store, and the ledger has its digest. Raises `IndicatorsDamaged` where the store
    cannot be read.
    """
    path = store_path(city.settings.state)
    open_store(path)
    with _attached(city.connection, path) as connection:
        views = _gathered(connection, views)
        _compare(connection)
        taken = _write(city, connection, views, counting)
    _tell(city, path)
    return replace(taken, failed=dict(_failed(views)))


def _failed(views: Sequence[Readable]) -> Iterator[tuple[str, str]]:
    """What was wrong with views that could be made."""
    for view in views:
        if not view.failed and (
            why := "; ".join(f"{one.indicator}: {one.failed}" for one in view.columns if one.failed)
        ):
            yield view.relation, why


def _tell(city: City, path: Path) -> None:
    """Have the ledger know of every making, also of those that a run which died had not told of."""
    with reading(path) as store:
        untold = list[tuple[str, dict[str, object]]]()
        for row in store.execute("select * from making where fresh + amended + withdrawn > 0 order by id desc"):
            if city.ledger.latest(KIND, str(row["id"])) is not None:
                break
            counts = {name: row[name] for name in ("fresh", "amended", "withdrawn")}
            body = {"making": str(row["id"]), **counts, "digest": row["digest"], "run_id": row["run"]}
            untold.append((KIND, body))
    if untold:
        city.ledger.append_many(untold[::-1], city.now())


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection.execute(f"attach {literal(str(path))} as {_STORE} (type sqlite)")
    try:
        yield connection
    finally:
        for name in ("read_now", "fresh", "scope", "difference"):
            connection.execute(f"drop table if exists temp.{name}")
        connection.execute(f"detach {_STORE}")


def _gathered(connection: duckdb.DuckDBPyConnection, views: Sequence[Readable]) -> list[Readable]:
    """All values of now in one table, and in `scope` which windows of which indicator they speak for.

    Returns the views, with why where one cannot be read: what is wrong with one is no other's fault.
    """
    connection.execute(
        "create or replace temp table fresh "
        "(indicator varchar, place varchar, start varchar, value double, why varchar)"
    )
    connection.execute("create or replace temp table scope (indicator varchar, since varchar)")
    return [view if view.failed else _gather(connection, view) for view in views]


def _gather(connection: duckdb.DuckDBPyConnection, view: Readable) -> Readable:
    """A view whose values were taken, with why of those indicators that cannot be: the view is read once, or, where
    that fails, once for each, so that what is wrong with one is not the others' fault."""
    columns = [one for one in view.columns if not one.withheld]
    if not columns or not _read(connection, view, columns):
        return view
    failed = {one.indicator: _read(connection, view, [one]) for one in columns}
    return replace(view, columns=tuple(replace(one, failed=failed.get(one.indicator, "")) for one in view.columns))


def _read(connection: duckdb.DuckDBPyConnection, view: Readable, columns: Sequence[Column]) -> str:
    """Why some indicators of a view cannot be read, and none of them was; empty where all were."""
    # Of a state the days before its own stay as they were; where nothing is delivered that counts, none does.
    since = literal(str(view.as_of)) if view.as_of and not view.timed else "null"
    scope = ", ".join(f"({literal(one.indicator)}, {since})" for one in columns)
    try:
        connection.execute(f"create or replace temp table read_now as {_values(view, columns)}")
        twice = connection.execute(
            "select place, start from read_now group by indicator, place, start having count(*) > 1 "
            "order by all limit 1"
        ).fetchone()
        if twice:
            return f"it has two values for {twice[0]} of {twice[1]}: one row for each window and place"
        connection.execute("insert into fresh by name from read_now")
        connection.execute(f"insert into scope values {scope}")
    except duckdb.Error as error:
        # The engine may quote a value in what it says.
        return (
            f"the engine cannot compute it ({type(error).__name__}): it gives no number of some row, or one that is "
            "too large; see its measure, and the types of what that names"
        )
    return ""


def _values(view: Readable, columns: Sequence[Column]) -> str:
    """The view's rows, one for each indicator, window and place; the view is read once."""
    start = "cast(window_start as varchar)" if view.timed else literal(str(view.as_of))
    structs = ", ".join(
        f"{{'i': {literal(one.indicator)}, 'v': {identifier(one.indicator)}, 'w': {_why(one)}}}" for one in columns
    )
    place = "where place is not null" + (" and window_start is not null" if view.timed else "")
    place += "" if view.said else " and false"
    return (
        "select each.i as indicator, place, start, case when isfinite(each.v) then each.v end as value, "
        "case when each.v is null then each.w when isfinite(each.v) then '' else 'it is no finite number' end as why "
        f"from (select place, {start} as start, unnest([{structs}]) as each "
        f"from lake.{'.'.join(map(identifier, view.relation.split('.')))} {place})"
    )


def _why(column: Column) -> str:
    otherwise = literal(column.otherwise)
    return f"coalesce({identifier(column.indicator + '__why')}, {otherwise})" if column.has_reason else otherwise


def _compare(connection: duckdb.DuckDBPyConnection) -> None:
    """What differs from the newest revision of each window. A state of a later day than now is gone as well."""
    connection.execute(
        f"""
        create or replace temp table difference as
        with newest as (
          select
            v.indicator, v.place, v.start, max(v.revision) as revision,
            arg_max(v.state, v.revision) as state, arg_max(v.why, v.revision) as why,
            max_by(struct_pack(x := v.value), v.revision).x as value
          from {_STORE}.value as v
          join scope as s on s.indicator = v.indicator and (s.since is null or v.start >= s.since)
          group by all
        )
        select
          coalesce(f.indicator, n.indicator) as indicator,
          coalesce(f.place, n.place) as place,
          coalesce(f.start, n.start) as start,
          coalesce(n.revision, 0) + 1 as revision,
          f.value,
          case when f.indicator is null then 'nothing that counts says it any more' else f.why end as why,
          case
            when f.indicator is null then 'withdrawn'
            when f.value is null then 'undefined'
            else 'value'
          end as state
        from fresh as f
        full join newest as n
          on n.indicator = f.indicator and n.place = f.place and n.start = f.start
        where
          n.indicator is null
          or (f.indicator is null and n.state <> 'withdrawn')
          or (
            f.indicator is not null
            and (n.state = 'withdrawn' or f.value is distinct from n.value or f.why is distinct from n.why)
          )
        """
    )


def _write(
    city: City, connection: duckdb.DuckDBPyConnection, views: Sequence[Readable], counting: Collection[tuple[str, str]]
) -> Taken:
    counts = connection.execute(
        "select count(*) filter (revision = 1), count(*) filter (revision > 1 and state <> 'withdrawn'), "
        "count(*) filter (state = 'withdrawn') from difference"
    ).fetchone()
    assert counts
    digest = _digest(connection)
    read = _read_datasets(views)
    batches = {(dataset, batch) for dataset, batch in counting if dataset in read}
    connection.execute("begin transaction")
    try:
        row = connection.execute(f"select coalesce(max(id), 0) + 1 from {_STORE}.making").fetchone()
        assert row
        taken = Taken(int(row[0]), int(counts[0]), int(counts[1]), int(counts[2]))
        at = city.now().isoformat()
        connection.execute(
            f"insert into {_STORE}.making values (?, ?, ?, ?, ?, ?, ?)",
            [taken.making, at, city.run_id, taken.fresh, taken.amended, taken.withdrawn, digest],
        )
        connection.execute(
            f"insert into {_STORE}.value select indicator, place, start, revision, value, why, state, {taken.making} "
            "from difference order by indicator, place, start"
        )
        _write_changes(connection, taken.making, read, batches)
        _write_definitions(connection, taken.making, views)
        _write_status(connection, taken.making, views)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    return taken


def _digest(connection: duckdb.DuckDBPyConnection) -> str:
    """Of all that is written, whatever the order in which it was found."""
    digest = hashlib.sha256()
    told = connection.execute(
        "select sha256(concat_ws(chr(31), indicator, place, start, revision, "
        "coalesce(cast(value as varchar), ''), why, state)) as told from difference order by told"
    )
    while rows := told.fetchmany(100_000):
        digest.update("".join(row[0] for row in rows).encode())
    return digest.hexdigest()


def _read_datasets(views: Sequence[Readable]) -> list[str]:
    return sorted({name for view in views if not view.failed for name in view.datasets})


def _write_changes(
    connection: duckdb.DuckDBPyConnection, making: int, read: Sequence[str], now: set[tuple[str, str]]
) -> None:
    """Which batches began or ceased to count since the making before, of the datasets that were read."""
    known = {
        (str(dataset), str(batch))
        for dataset, batch in connection.execute(
            f"select dataset, batch from {_STORE}.batch group by all having arg_max(change, making) = 'came'"
        ).fetchall()
    }
    changes = [(dataset, batch, "came") for dataset, batch in sorted(now - known)]
    changes += [(dataset, batch, "went") for dataset, batch in sorted(known - now) if dataset in read]
    if changes:
        rows = ", ".join(f"({making}, {', '.join(map(literal, one))})" for one in changes)
        connection.execute(f"insert into {_STORE}.batch values {rows}")


def _write_definitions(connection: duckdb.DuckDBPyConnection, making: int, views: Sequence[Readable]) -> None:
    """What indicators are declared to be, of those whose declaration is another than at the making before."""
    known = {
        str(indicator): str(digest)
        for indicator, digest in connection.execute(
            f"select indicator, arg_max(digest, making) from {_STORE}.definition group by 1"
        ).fetchall()
    }
    read = [one for view in views if not view.failed for one in view.columns if not (one.withheld or one.failed)]
    changed = [one for one in read if known.get(one.indicator) != one.definition]
    if changed:
        rows = ", ".join(f"({making}, {literal(one.indicator)}, {literal(one.definition)})" for one in changed)
        connection.execute(f"insert into {_STORE}.definition values {rows}")


def _write_status(connection: duckdb.DuckDBPyConnection, making: int, views: Sequence[Readable]) -> None:
    status, sources, above = list[str](), list[str](), list[str]()
    for view in views:
        for one in view.columns:
            state, why = _state(view, one)
            told = ", ".join(map(literal, (one.indicator, state, why, one.level)))
            status.append(f"({told}, {making})")
            sources += [f"({literal(one.indicator)}, {literal(name)})" for name in view.datasets]
            above += [f"({literal(one.indicator)}, {literal(name)})" for name in view.above]
    listed = ", ".join(literal(one.indicator) for view in views for one in view.columns)
    for table, rows in (("status", status), ("source", sources), ("above", above)):
        if listed:
            connection.execute(f"delete from {_STORE}.{table} where indicator in ({listed})")
        if rows:
            connection.execute(f"insert into {_STORE}.{table} values {', '.join(rows)}")


def _state(view: Readable, column: Column) -> tuple[str, str]:
    if column.withheld:
        return "withheld", column.withheld
    if view.failed or column.failed:
        return "failed", view.failed or column.failed
    return ("taken", "") if view.said else ("missing", "none of its sources has delivered anything that counts")
