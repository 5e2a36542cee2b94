"""`generate`: the whole sample city, deliveries and truth, into a folder. Nothing else assembles it.

from tests.sample_city.generate import generate
generate(people=20_000, out=Path("deliveries"), seed=7)
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb

from lake.attach import extension_file
from tests.sample_city import feeds, strangers
from tests.sample_city import people as people_tables
from tests.sample_city.city import DELIVERIES, LEAST_PEOPLE, City
from tests.sample_city.departments import (
    by_name,
    civil_affairs,
    construction,
    culture_tourism,
    ecology,
    education,
    emergency,
    fire,
    gas,
    government_services,
    health,
    housing,
    market_regulation,
    power,
    public_security,
    social_security,
    taxation,
    transport,
    urban_operations,
    water,
    weather,
)
from tests.sample_city.extract import Extract
from tests.sample_city.feeds import FOLDER as FEEDS_FOLDER
from tests.sample_city.layout import layout
from tests.sample_city.truth import Truth
from tests.sample_city.write import EXTENSIONS, Writer

_DEPARTMENTS = (
    civil_affairs,
    culture_tourism,
    ecology,
    government_services,
    health,
    housing,
    market_regulation,
    public_security,
    social_security,
    taxation,
    transport,
    water,
    power,
    gas,
    weather,
    fire,
    emergency,
    construction,
    education,
    by_name,
    urban_operations,
)
# dataset, the delivery that repeats, the delivery it repeats byte for byte
_REPEATS = (("housing.parking_lots", 2, 1),)
_OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


def generate(people: int, out: Path, seed: int = 1) -> dict[str, Any]:
    """Write `<out>/<date>/<department>/<dataset>.<ext>`, `<out>/feeds/` and `<out>/truth/`; the totals of what was
    written, feeds left out.

    Deterministic for (people, seed), byte for byte. An existing sample city in `out` is replaced, other files stay.
    ValueError below 200 people.
    """
    if people < LEAST_PEOPLE:
        raise ValueError(f"a sample city has at least {LEAST_PEOPLE} people, not {people}")
    city, out = City(people, seed), out.resolve()
    work = out / ".work"
    for folder in (*DELIVERIES, FEEDS_FOLDER, "truth", ".work"):
        shutil.rmtree(out / folder, ignore_errors=True)
    work.mkdir(parents=True)
    with _connect(work) as connection:
        people_tables.build(connection, city)
        strangers.build(connection, city)
        truth = Truth(connection, city, out / "truth")
        extracts = all_extracts(city)
        _write(extracts, Writer(connection, out, work), truth, out)
        _repeat(out, truth)
        truth.write(extracts)
        feeds.write(connection, feeds.demonstration(city), out)
        totals = _totals(connection)
    shutil.rmtree(work)
    return {"people": people, "seed": seed, "out": str(out), **totals}


def all_extracts(city: City) -> list[Extract]:
    """Every delivery of every dataset."""
    return [extract for department in _DEPARTMENTS for extract in department.extracts(city)]


def _connect(work: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config=_OFFLINE)
    # A fixed number of threads and their order, or files would differ between machines.
    connection.execute("SET threads = 2; SET preserve_insertion_order = true")
    connection.execute(f"SET memory_limit = '3GB'; SET temp_directory = '{work / 'spill'}'")
    for name in EXTENSIONS:
        connection.execute(f"LOAD '{extension_file(name)}'")
    return connection


def _write(extracts: list[Extract], writer: Writer, truth: Truth, out: Path) -> None:
    for extract in extracts:
        truth.note(extract, writer.write(extract).relative_to(out))
    writer.finish()


def _repeat(out: Path, truth: Truth) -> None:
    for dataset, again, first in _REPEATS:
        target = layout(dataset).path(out, DELIVERIES[again])
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(layout(dataset).path(out, DELIVERIES[first]), target)
        truth.note_repeat(dataset, DELIVERIES[again], str(target.relative_to(out)), DELIVERIES[first])


def _totals(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    totals = "count(DISTINCT dataset), count(*), sum(rows_read), sum(accepted), sum(quarantined)"
    row = connection.execute(f"SELECT {totals} FROM deliveries").fetchone()
    assert row
    return dict(zip(("datasets", "files", "rows", "accepted", "quarantined"), map(int, row), strict=True))
