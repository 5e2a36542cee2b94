"""A table that is extended holds what its SQL gives, whatever was delivered, again, late, recalled or taken back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from contracts.load import load_catalogue
from contracts.model import Dataset, DeliveryMode
from lake.made import Batches, Made, Stood, Taken
from lake.order import Delivery, StoredBatch
from lake.settings import REPOSITORY
from lake.store import TECHNICAL, RawView
from lineage.from_sql import column_lineage
from lineage.graph import Graph, merge_graphs
from orchestration.changes.growing import Growing, Growth
from orchestration.changes.texts import Text
from orchestration.steps.grow import extended
from orchestration.twins.staging import staging_sql
from quality.casts import sql_type
from sharing.canonical import digest

TABLE, VIEW, OTHER = "theme.m", "staging.stg_health__visits", "theme.o"
SQL = {
    "row by row": f"select v.visit_id, v.total_cost, o.x, v._batch from lake.{VIEW} as v "
    f"left join lake.{OTHER} as o on o.visit_id = v.visit_id where v.total_cost > 0",
    "with places": f"select visit_id, total_cost, _delivery as x, _batch from lake.{VIEW}",
}
KEYS = 9


@dataclass
class City:
    """One dataset in an engine, its deliveries, and a table that is made of its newest versions."""

    dataset: Dataset
    sql: str
    connection: duckdb.DuckDBPyConnection = field(default_factory=lambda: duckdb.connect(config={"threads": 1}))
    deliveries: list[Delivery] = field(default_factory=list)
    batches: list[StoredBatch] = field(default_factory=list)

    def __post_init__(self) -> None:
        columns = {column.name: sql_type(column.element) for column in self.dataset.columns} | TECHNICAL
        run = self.connection.execute
        run("attach ':memory:' as lake")
        for schema in ("store", "raw", "staging", "theme"):
            run(f"create schema lake.{schema}")
        run(f"create table lake.store.{self.dataset.table} ({', '.join(f'{n} {k}' for n, k in columns.items())})")
        run(f"create table lake.{OTHER} as select 'k' || i as visit_id, i as x from range(0, {KEYS}, 2) as t(i)")
        self.show()

    @property
    def twin(self) -> str:
        """The dataset's twin as dbt compiles it, but for the spelling of values."""
        text = staging_sql(self.dataset, {})
        text = re.sub(r"\{\{ source\('raw', '(\w+)'\) }}", r'"lake"."raw"."\1"', text)
        return re.sub(r"\{\{ zhongtai\.\w+\('(\w+)'\) }}", r"\1", text)

    def show(self) -> None:
        """The views as the deliveries now have them."""
        content = RawView(self.dataset, self.deliveries, self.batches).content
        self.connection.execute(f"create or replace view lake.raw.{self.dataset.table} as {content}")
        self.connection.execute(f"create or replace view lake.{VIEW} as ({self.twin}\n)")

    def deliver(self, batch: str, day: int, keys: Mapping[int | None, int]) -> None:
        """Rows, costs by key (which may be missing); the same batch twice is stored once."""
        path = f"{day}/visits.csv"
        self.deliveries = [one for one in self.deliveries if (one.path, one.batch) != (path, batch)]
        arrived = max((one.arrived for one in self.deliveries), default=0) + 1
        self.deliveries.append(Delivery(path, batch, date(2026, 11, day), arrived))
        if batch in {one.batch for one in self.batches}:
            return
        number = len(self.batches) + 1
        self.batches.append(StoredBatch(batch, number, date(2026, 11, day), path, len(keys), len(keys), 0, "c"))
        if keys:
            names = ["null::varchar" if key is None else f"'k{key}'" for key in keys]
            rows = ", ".join(
                f"({key}, {cost}, {n})" for n, (key, cost) in enumerate(zip(names, keys.values(), strict=True))
            )
            self.connection.execute(
                f"insert into lake.store.{self.dataset.table} by name select *, {batch!r} as _batch, "
                f"{number} as _delivery from (values {rows}) as t(visit_id, total_cost, _row)"
            )

    def make(self) -> None:
        self.connection.execute(f"create or replace table lake.{TABLE} as ({self.sql})")

    def counting(self) -> Batches:
        return RawView(self.dataset, self.deliveries, self.batches).counting

    @property
    def is_right(self) -> bool:
        """Whether the table holds what its SQL gives, each row as often."""
        differences = [
            self.connection.execute(f"({one}) except all ({other})").fetchall()
            for one, other in ((f"from lake.{TABLE}", self.sql), (self.sql, f"from lake.{TABLE}"))
        ]
        return differences == [[], []]


def growing(city: City, before: Batches, **changed: Any) -> Growing:
    """What decides, for a city of which `before` is recorded; nothing but the dataset has changed."""
    raw, own = f"raw.{city.dataset.table}", {VIEW: "v", TABLE: "m", OTHER: "o"}
    above: dict[str, tuple[str, ...]] = {VIEW: (raw,), TABLE: (VIEW, OTHER), OTHER: ()}

    def told(name: str, version: str) -> str:
        return version if name == raw else digest(["p", own[name], [told(one, version) for one in above[name]]])

    tables = {name: Stood(told(name, "old"), "", own[name], above[name], "s") for name in own}
    known = Made("p", "", {city.dataset.id: Taken("", "", "old", "", before)}, tables)
    changes = SimpleNamespace(
        nothing_stands="",
        before=known,
        texts={name: Text(own[name], above[name]) for name in own},
        states=dict.fromkeys(own, "s"),
        to_make=lambda: frozenset({VIEW, TABLE}),
        digest_of=lambda name: told(name, "new"),
        counting=lambda _: city.counting(),
        stored_batches=lambda _: city.batches,
        city=SimpleNamespace(
            connection=city.connection, catalogue=SimpleNamespace(datasets={city.dataset.id: city.dataset})
        ),
    )
    vars(changes).update(changed)
    nodes = {
        TABLE: {"config": {"materialized": "table"}, "schema": "theme", "alias": "m", "compiled_code": city.sql},
        VIEW: {"config": {"materialized": "view"}, "compiled_code": city.twin},
    }
    kinds = tuple((column.name, sql_type(column.element)) for column in city.dataset.columns)
    return Growing(changes, graph(city.sql, kinds), nodes, lambda _: True)  # type: ignore[arg-type]


@cache
def graph(sql: str, kinds: tuple[tuple[str, str], ...]) -> Graph:
    columns = dict(kinds) | {"_batch": "varchar", "_delivery": "int"}
    made = column_lineage(
        sql,
        {f"lake.{VIEW}": columns, f"lake.{OTHER}": {"visit_id": "varchar", "x": "int"}},
        target=f"lake.{TABLE}",
    )
    return replace(merge_graphs([made.graph()]), twins=frozenset({f"lake.{VIEW}"}))


@pytest.fixture(scope="module")
def visits() -> Dataset:
    return load_catalogue(REPOSITORY).datasets["health.visits"]


_ACTS = some.lists(
    some.one_of(
        some.tuples(
            some.just("deliver"),
            some.integers(1, 8),
            some.integers(1, 20),
            some.dictionaries(some.none() | some.integers(0, KEYS), some.integers(-1, 3), max_size=4),
        ),
        some.tuples(some.just("recall"), some.integers(1, 8)),
        some.tuples(some.just("withdraw"), some.integers(1, 8)),
    ),
    max_size=5,
)


def act(city: City, acts: list[tuple[Any, ...]]) -> None:
    for what, number, *rest in acts:
        batch = f"b{number}"
        if what == "deliver":
            city.deliver(batch, *rest)
        elif what == "recall":
            city.batches = [replace(one, recalled=one.recalled or one.batch == batch) for one in city.batches]
        else:
            city.deliveries = [replace(one, withdrawn=one.withdrawn or one.batch == batch) for one in city.deliveries]
    city.show()


_STORIES = {
    "first": _ACTS,
    "then": _ACTS,
    "sql": some.sampled_from(sorted(SQL)),
    "mode": some.sampled_from(("append", "upsert")),
}
_ONE, _OTHER = ("deliver", 1, 2, {1: 1}), ("deliver", 2, 5, {1: 2})
_NAMELESS = ("deliver", 1, 2, {None: 1}), ("deliver", 2, 5, {None: 2})


@settings(max_examples=40, deadline=None)
@given(**_STORIES)
@example(first=[_ONE, _OTHER], then=[("deliver", 1, 7, {1: 1})], sql="row by row", mode="append")  # another order
@example(first=[_ONE, _OTHER], then=[("deliver", 3, 3, {3: 1})], sql="with places", mode="append")  # other places
@example(first=[_NAMELESS[0]], then=[_NAMELESS[1]], sql="row by row", mode="upsert")
def test_what_is_extended_is_what_the_sql_gives(
    visits: Dataset, first: list[tuple[Any, ...]], then: list[tuple[Any, ...]], sql: str, mode: str
) -> None:
    _tell(visits, first, then, sql, mode)


@pytest.mark.attack
@settings(max_examples=2_000, deadline=None)
@given(**_STORIES)
def test_what_is_extended_is_what_the_sql_gives_at_length(
    visits: Dataset, first: list[tuple[Any, ...]], then: list[tuple[Any, ...]], sql: str, mode: str
) -> None:
    _tell(visits, first, then, sql, mode)


def _tell(visits: Dataset, first: list[tuple[Any, ...]], then: list[tuple[Any, ...]], sql: str, mode: str) -> None:
    city = City(replace(visits, mode=DeliveryMode(mode)), SQL[sql])
    # Enough that is never touched, under keys of its own.
    city.deliver("b0", 1, {1000 + number: 1 for number in range(60)})
    act(city, first)
    city.make()
    before = city.counting()
    act(city, then)
    asked = growing(city, before)
    growth = asked.decide([VIEW, TABLE]).get(TABLE)
    if growth:
        assert extended(city.connection, asked.nodes[TABLE], growth.touched)
        assert city.is_right, (growth.told, growth.touched)
    else:
        assert re.search("order|places|most rows", asked.whole[TABLE]), asked.whole


def _grown(visits: Dataset, sql: str = SQL["row by row"], **changed: Any) -> Growth | str:
    city = City(visits, sql)
    city.deliver("b0", 1, {1000 + number: 1 for number in range(60)})
    city.deliver("b1", 2, {1: 1})
    city.show()
    before = city.counting()
    city.deliver("b2", 3, {1: 2})
    city.show()
    asked = growing(city, before, **changed)
    return asked.decide([TABLE]).get(TABLE) or asked.whole[TABLE]


def test_a_batch_with_a_row_of_the_same_key_is_made_anew_too(visits: Dataset) -> None:
    assert _grown(visits) == Growth(frozenset({"b1", "b2"}), 1, 0)


def _refusals() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "everything was asked for", {"nothing_stands": "everything was asked for"}
    yield "another than was recorded", {"states": {VIEW: "s", OTHER: "s", TABLE: "t"}}
    yield "another than was recorded", {"states": {VIEW: "t", OTHER: "s", TABLE: "s"}}
    yield "2 of what it is made of", {"to_make": lambda: frozenset({VIEW, TABLE, OTHER})}
    yield "SQL or its settings", {"texts": {TABLE: Text("m", (VIEW, OTHER), steady=False)}}
    yield "SQL or its settings", {"texts": {TABLE: Text("n", (VIEW, OTHER))}}
    yield "is new", {"texts": {}}
    yield "no longer there", {"stored_batches": lambda _: []}


@pytest.mark.parametrize(("why", "changed"), list(_refusals()))
def test_whatever_is_not_known_is_made_whole(visits: Dataset, why: str, changed: dict[str, Any]) -> None:
    told = _grown(visits, **changed)
    assert isinstance(told, str) and why in told, told


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        (f"select visit_id, max(_batch) as _batch from lake.{VIEW} group by visit_id", "row by row"),
        (f"select visit_id, _batch || '' as _batch from lake.{VIEW}", "do not have the _batch"),
        (f"select visit_id, 'b0' as _batch from lake.{VIEW}", "do not have the _batch"),
        (f"select visit_id from lake.{VIEW}", "do not have the _batch"),
        (f"select visit_id, case when total_cost > 1 then _batch end as _batch from lake.{VIEW}", "do not have the"),
    ],
)
def test_rows_that_cannot_be_told_apart_by_batch_are_made_whole(visits: Dataset, sql: str, why: str) -> None:
    told = _grown(visits, sql)
    assert isinstance(told, str) and why in told, told


@pytest.mark.parametrize("other", [{"mode": DeliveryMode.SNAPSHOT}, {"parts": True}])
def test_a_dataset_that_is_not_added_to_file_by_file_has_tables_made_whole(visits: Dataset, other: Any) -> None:
    told = _grown(replace(visits, **other))
    assert isinstance(told, str) and "added to" in told


def test_a_batch_that_was_judged_again_has_tables_made_whole(visits: Dataset) -> None:
    city = City(visits, SQL["row by row"])
    city.deliver("b0", 1, {1000 + number: 1 for number in range(60)})
    city.deliver("b1", 2, {1: 1, 2: 1})
    before = city.counting()
    city.batches[1] = replace(city.batches[1], accepted=1, quarantined=1)
    for recalled in (False, True):
        city.batches[1] = replace(city.batches[1], recalled=recalled)
        city.show()
        asked = growing(city, before)
        assert not asked.decide([TABLE])
        assert "judged again" in asked.whole[TABLE]
