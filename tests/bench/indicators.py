"""How long the values of a year of indicators take: all of them anew, and those of one more day.

    python -m tests.bench.indicators [--indicators 183] [--districts 16] [--days 365]

Daily indicators over twelve theme tables with a row for each hour and district; views as `zhongtai sync` writes them,
values taken in as a run does. The baseline is the same sums by hand, put into a table of the engine's own.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import duckdb

from contracts.indicators import Aggregate, Group, Indicator, Indicators, Measure, SignDimension, Window
from contracts.model import Catalogue
from lake.attach import open_lake
from lake.city import City
from lake.indicators.taking import Column, Readable, Taken, take
from lake.settings import load_settings
from orchestration.twins.indicators import View, files, views
from sharing.keyring import make_keys
from sharing.ledger import Ledger

_TABLES = 12
_AGGREGATES = (Aggregate.SUM, Aggregate.MEAN, Aggregate.HIGHEST, Aggregate.SHARE, Aggregate.COUNT)


def declared(many: int) -> Indicators:
    """So many daily indicators, by district."""
    every = {}
    for number in range(many):
        aggregate = _AGGREGATES[number % len(_AGGREGATES)]
        of = {Aggregate.COUNT: "", Aggregate.SHARE: f"x{number % 5} > 50"}.get(aggregate, f"x{number % 5}")
        measure = Measure(f"facts{number % _TABLES}", aggregate, of, f"kind <> {number}", "moment", "district")
        name = f"indicator_{number}"
        facts = ("km", Window.DAY, "office@city.example", "L1")
        every[name] = Indicator(name, name, name, SignDimension.TRAFFIC, "all", *facts, measure=measure)
    return Indicators({"all": Group("all", "全", "All", SignDimension.TRAFFIC, tuple(every))}, every)


def facts(connection: duckdb.DuckDBPyConnection, districts: int, first: int, days: int) -> None:
    """Rows of some days, an hour and a district each, of every table."""
    for table in range(_TABLES):
        columns = ", ".join(f"(hash(h, d, {table}, {n}) % 1000 / 10)::double as x{n}" for n in range(5))
        connection.execute(
            f"create schema if not exists lake.theme; create table if not exists lake.theme.facts{table} "
            "(moment timestamp, district varchar, kind bigint, x0 double, x1 double, x2 double, x3 double, "
            "x4 double)"
        )
        connection.execute(
            f"insert into lake.theme.facts{table} select timestamp '2026-01-01' + to_hours(h), (999000 + d)::varchar, "
            f"h % 7, {columns} from range({first * 24}, {(first + days) * 24}) as a(h), range({districts}) as b(d)"
        )


def make_views(connection: duckdb.DuckDBPyConnection, indicators: Indicators) -> list[View]:
    """The views of the indicators, as dbt would make them."""
    connection.execute("create schema if not exists lake.indicator")
    for path, sql in files(indicators):
        text = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"lake.theme.\1", sql)
        connection.execute(f"create or replace view lake.indicator.{Path(path).stem} as {text}")
    return list(views(indicators).values())


def taken(city: City, every: list[View]) -> tuple[Taken, float]:
    """The values of now, taken in; what was written, and how long it took."""
    read = [
        Readable(one.relation, tuple(Column(each.id, "L1", "") for each in one.indicators), (), (), timed=True)
        for one in every
    ]
    began = time.perf_counter()
    return take(city, read), time.perf_counter() - began


def by_hand(connection: duckdb.DuckDBPyConnection, every: list[View]) -> float:
    """The same values put into a table, without anything that was said before."""
    began = time.perf_counter()
    connection.execute("create or replace temp table hand (i varchar, p varchar, d date, v double)")
    for view in every:
        names = ", ".join(one.id for one in view.indicators)
        connection.execute(
            f"insert into hand select i, place, window_start, v from (unpivot (from lake.{view.relation}) on {names} "
            "into name i value v)"
        )
    return time.perf_counter() - began


@contextmanager
def opened(folder: Path) -> Iterator[City]:
    """A lake of its own."""
    settings = load_settings(folder, {"ZHONGTAI_STATE": str(folder / "state"), "ZHONGTAI_THREADS": "2"})
    keys = make_keys(settings.key_place)
    with open_lake(settings) as connection, Ledger.open(settings.ledger, keys) as ledger:
        yield City(settings, cast(Catalogue, None), connection, ledger, keys, "bench")


def main() -> None:
    """Measure once, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--indicators", type=int, default=183)
    parser.add_argument("--districts", type=int, default=16)
    parser.add_argument("--days", type=int, default=365)
    asked = parser.parse_args()
    indicators = declared(asked.indicators)
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as city:
        facts(city.connection, asked.districts, 0, asked.days)
        every = make_views(city.connection, indicators)
        hand = by_hand(city.connection, every)
        whole, seconds = taken(city, every)
        again, still = taken(city, every)
        facts(city.connection, asked.districts, asked.days, 1)
        day, more = taken(city, every)
        stored = (city.settings.state / "indicators" / "values.sqlite").stat().st_size
    size = f"{asked.indicators} indicators, {asked.districts} districts and the city, {asked.days} days"
    print(f"{size}; {len(every)} views")
    print(f"all by hand, into a table     {hand:8.2f} s")
    print(f"all, {whole.fresh:,} values    {seconds:8.2f} s   {seconds / hand:5.2f} x   (aim: 60 s)")
    print(f"again, {again.fresh + again.amended} values          {still:8.2f} s   {still / hand:5.2f} x")
    print(f"one more day, {day.fresh:,} values {more:8.2f} s   {more / hand:5.2f} x   (aim: 5 s)")
    print(f"the store has {stored / 2**20:,.0f} MiB")


if __name__ == "__main__":
    main()
