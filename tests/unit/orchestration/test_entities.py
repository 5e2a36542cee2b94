"""The model of an entity: each attribute from the most trusted department that has it, in little memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import duckdb
import pytest

from contracts.load import load_catalogue
from contracts.model import Catalogue, Dataset, Entity, Provision
from contracts.sql_text import literal
from lake.settings import REPOSITORY
from orchestration.twins.entities import entity_sql
from orchestration.twins.matched import records_sql

ENTITY = "natural_person"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(REPOSITORY)


def _attributes(catalogue: Catalogue) -> list[str]:
    entity = catalogue.entities[ENTITY]
    return [one.name for one in entity.attributes if one.name != entity.identifier]


def _identifying(catalogue: Catalogue) -> list[tuple[Dataset, Provision]]:
    """Who gives rows with an identifier; the others' come by matching alone."""
    identifier = catalogue.entities[ENTITY].identifier
    return [one for one in catalogue.providers(ENTITY) if identifier in one[1].attributes]


def _provided(catalogue: Catalogue, people: int) -> Iterator[str]:
    """What each provider says of people that are chosen by a hash: of seven in ten, and three in ten values missing."""
    for place, (dataset, provision) in enumerate(_identifying(catalogue), start=1):
        values = ", ".join(
            f"if(hash(i, {place}, {literal(name)}) % 10 < 7, 'the {name} of ' || i || ' by {place}', null) as {name}"
            if name in provision.attributes
            else f"null::varchar as {name}"
            for name in _attributes(catalogue)
        )
        yield (
            f"select {place} as _provider, {literal(dataset.department)} as _department, i::varchar as resident_id, "
            f"{values}, 'batch {place}' as _batch from range({people}) as t(i) where hash(i, {place}) % 10 < 7"
        )


def _lake(catalogue: Catalogue, people: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1})
    connection.execute(f"create table {ENTITY}__provided as {' union all '.join(_provided(catalogue, people))}")
    connection.execute(
        f"create table {ENTITY}__registered as "
        f"select distinct resident_id as identifier, 'NP-' || resident_id as city_id from {ENTITY}__provided"
    )
    return connection


def _sql(catalogue: Catalogue) -> str:
    return re.sub(r"\{\{ ref\('(\w+)'\) }}", r"\1", entity_sql(catalogue, catalogue.entities[ENTITY]))


def _trusted(catalogue: Catalogue, attribute: str) -> str:
    """SQL for the attribute and its department, from the rows of one person: ranked by precedence, then by name."""
    (declared,) = (one for one in catalogue.entities[ENTITY].attributes if one.name == attribute)
    ranked = sorted(
        ((*declared.precedence, dataset.department).index(dataset.department), dataset.id, place)
        if dataset.department in declared.precedence
        else (len(declared.precedence), f"{dataset.department} {dataset.id}", place)
        for place, (dataset, provision) in enumerate(_identifying(catalogue), start=1)
        if attribute in provision.attributes
    )
    order = f"list_position({[place for *_, place in ranked]}, _provider)"
    return ", ".join(
        f"arg_min({column}, {order}) filter ({attribute} is not null)" for column in (attribute, "_department")
    )


def test_each_attribute_is_of_the_most_trusted_that_has_it(catalogue: Catalogue) -> None:
    connection = _lake(catalogue, 3_000)
    picked = ", ".join(_trusted(catalogue, name) for name in _attributes(catalogue))
    wanted = (
        f"select 'NP-' || resident_id, resident_id, {picked}, count(distinct _department)::integer, "
        f"arg_min(_batch, _provider) from {ENTITY}__provided group by resident_id"
    )
    found = connection.sql(f"from ({_sql(catalogue)}) except all ({wanted})").fetchall()
    missed = connection.sql(f"({wanted}) except all ({_sql(catalogue)})").fetchall()
    assert (found, missed) == ([], [])
    assert connection.sql(f"select count(*) from ({_sql(catalogue)})").fetchone() == (
        connection.sql(f"select count(*) from {ENTITY}__registered").fetchone()
    )


def test_nothing_of_a_person_is_held_where_it_cannot_be_written_to_disk(catalogue: Catalogue) -> None:
    """The states of aggregates over texts stay in memory, whatever they come to; rows that are joined do not."""
    plan = str(_lake(catalogue, 10).sql(f"explain {_sql(catalogue)}").fetchall())
    assert "HASH_JOIN" in plan
    assert not re.findall("GROUP_BY|WINDOW|NESTED_LOOP", plan)


def test_where_nobody_has_an_identifier_rows_without_one_are_compared_alone(catalogue: Catalogue) -> None:
    entity = catalogue.entities[ENTITY]
    loose = [replace(dataset, provides=_without_identifier(dataset, entity)) for dataset in catalogue.datasets.values()]
    sql = records_sql(replace(catalogue, datasets={one.id: one for one in loose}), entity)
    connection = duckdb.connect()
    columns = ", ".join(f"'the {name}' as {name}" for name in _attributes(catalogue))
    connection.execute(
        f"create table {ENTITY}__loose as select '~a' as _key, 'd.one' as _dataset, true as _once, "
        f"null::varchar as {entity.identifier}, {columns}, 'batch' as _batch"
    )
    found = connection.sql(re.sub(r"\{\{ ref\('(\w+)'\) }}", r"\1", sql))
    key, face, identified, source, once, *_, batch = found.fetchall()[0]
    assert (key, face, identified, source, once, batch) == ("~a", "~a", False, "d.one", True, "batch")


def _without_identifier(dataset: Dataset, entity: Entity) -> tuple[Provision, ...]:
    return tuple(
        replace(one, attributes={k: v for k, v in one.attributes.items() if k != entity.identifier}, matched=True)
        for one in dataset.provides
    )
