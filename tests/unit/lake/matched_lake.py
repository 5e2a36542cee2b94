"""A lake with what a run leaves of who is who: persons `A` and `D` with an id, three rows without one, and pairs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import duckdb

from contracts.matching import LINK_COLUMNS, PAIR_COLUMNS, BlockKey, Comparison, ComparisonKind, Matching
from contracts.model import Attribute, Department, Domain, Element, Entity, Level, LogicalType
from lake.attach import open_lake
from lake.identity.advancing import Made, advance
from lake.identity.files import Registry
from lake.linking.parameters import Parameters, assumed
from lake.settings import Settings
from sharing.identity.standing import NOTHING, Standing
from sharing.ledger import Ledger
from tests.unit.lake.registered import record

AT = datetime(2026, 6, 1, 1, tzinfo=UTC)
ID_A, ID_D, WRONG = "110105194912310021", "110105194912310048", "110105194912310022"
NAMES = {"A": "欧阳小明", "D": "欧阳晓明", "b": "欧阳小明", "c": "欧阳明", "e": "欧阳小"}
BATCH = {"A": "a" * 32, "D": "d" * 32, "b": "b" * 32, "c": "c" * 32, "e": "e" * 32}
SOURCES = {"b": "health.walk_ins", "c": "health.walk_ins", "e": "civil.grid"}
DEPARTMENTS = {
    name: Department(name, title, name, "000", "nobody")
    for name, title in (("health", "卫健委"), ("civil", "民政局"), ("police", "公安局"))
}


def element(name: str, level: Level, mask: str) -> Element:
    """A data element of text."""
    return Element(name, name, name, LogicalType.STRING, level, "test", mask=mask)


ELEMENTS = {
    "resident_id": element("resident_id", Level.L3, "middle"),
    "name": element("name", Level.L3, "middle"),
    "phone": element("phone", Level.L2, "middle"),
}


def person(*, two_persons: bool = False, name: str = "person", prefix: str = "NP") -> Entity:
    """An entity that is matched by name, phone and id."""
    attributes = tuple(Attribute(one, ELEMENTS[one], one, one, ELEMENTS[one].level) for one in ("name", "phone"))
    comparisons = (
        Comparison(("name",), ComparisonKind.CHINESE_NAME),
        Comparison(("phone",), ComparisonKind.PHONE),
        Comparison(("resident_id",), ComparisonKind.IDENTIFIER),
    )
    matching = Matching(comparisons, ((BlockKey("name", "plain"),),), two_persons=two_persons)
    return Entity(name, "people", "人", "Person", "one", "resident_id", prefix, attributes, (), matching)


def domain(*entities: Entity) -> Domain:
    """The domain of these."""
    return Domain("people", "人", "People", "", "nobody", entities)


def key(one: str) -> str:
    """What a record is known by."""
    return {"A": ID_A, "D": ID_D}.get(one) or f"~{SOURCES[one]}|1:{one}"


PAIRS = (
    ("A", "b", 0.9712, 4.0, (0, 0, 1)),
    ("A", "e", 0.5201, 0.1, (3, None, None)),
    ("b", "c", 0.61, 0.6, (3, 0, None)),
    ("A", "D", 0.7, 1.2, (2, 0, 1)),
    ("b", "e", 0.55, 0.3, (3, None, None)),
)


def lay(settings: Settings, ledger: Ledger, entity: Entity) -> None:
    """What a run leaves: the registry with b and c one, and the tables that pages and commands read."""
    name, prefix = entity.name, f"{entity.id_prefix}-"
    with open_lake(settings) as connection:
        connection.execute("begin transaction")
        founders = {one: record("b" if one in "bc" else one) for one in SOURCES}
        links = [
            (key(one), record(one), f"~{founder}", None, prefix + founder, 0.99, "model", SOURCES[one], BATCH[one])
            for one, founder in founders.items()
        ]
        _table(connection, f"registry.{name}", LINK_COLUMNS, links)
        ordered = [(*sorted(one[:2], key=record), *one[2:]) for one in PAIRS]
        pairs = [(record(a), record(b), key(a), key(b), *told[:2], list(told[2])) for a, b, *told in ordered]
        _table(connection, f"registry.{name}__pairs", PAIR_COLUMNS, pairs)
        loose = [
            (of.split(".")[0], of, key(one), WRONG if one == "b" else None, NAMES[one], "13800138000", BATCH[one])
            for one, of in SOURCES.items()
        ]
        _table(connection, f"staging.{name}__loose", _texts("_department _dataset _key", "_batch"), loose)
        known = [("police", key(one), NAMES[one], "13800138000", BATCH[one]) for one in "AD"]
        _table(connection, f"staging.{name}__provided", _texts("_department", "_batch"), known)
        things = [(prefix + record(one), key(one)) for one in "AD"]
        _table(connection, f"theme.{name}", {"city_id": "VARCHAR", "resident_id": "VARCHAR"}, things)
        days = [
            f"('{SOURCES.get(one, 'police.all')}', 'f', '{of}', '2026-05-04', 1, false)" for one, of in BATCH.items()
        ]
        connection.execute(f"insert into lake.meta.deliveries values {', '.join(days)}")
        connection.execute("commit")
        take(settings, ledger, entity, "A D bc e", connection)


def _texts(*around: str) -> dict[str, str]:
    before, after = around
    return dict.fromkeys([*before.split(), "resident_id", "name", "phone", *after.split()], "VARCHAR")


def _table(connection: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, str], rows: list[Any]) -> None:
    marks = ", ".join(f"({', '.join('?' for _ in columns)})" for _ in rows)
    cast = ", ".join(f"{one}::{kind} as {one}" for one, kind in columns.items())
    sql = f"create table lake.{name} as select {cast} from (values {marks}) as given ({', '.join(columns)})"
    connection.execute(sql, [value for row in rows for value in row])


def take(
    settings: Settings,
    ledger: Ledger,
    entity: Entity,
    clusters: str,
    connection: duckdb.DuckDBPyConnection,
    at: datetime = AT,
    decided: Standing = NOTHING,
) -> None:
    """A step of the registry with clusters such as `Ab c`."""
    connection.execute("create or replace temp table records (_record varchar, _identified boolean)")
    connection.execute("create or replace temp table clusters (_record varchar, _cluster integer, probability double)")
    for number, group in enumerate(clusters.split()):
        for one in group:
            connection.execute("insert into records values (?, ?)", [record(one), one.isupper()])
            sure = 0.99 if group[1:] else 1.0
            connection.execute("insert into clusters values (?, ?, ?)", [record(one), number, sure])
    assert entity.matching
    parameters = Parameters(assumed(entity.matching, (0, 1, 2)), 0.01).as_json(entity.matching)
    made = Made(json.dumps(parameters).encode(), at, decided)
    advance(Registry.of(settings, ledger, entity.name), connection, made)
