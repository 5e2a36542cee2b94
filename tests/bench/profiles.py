"""Profiles of a landed batch: counts, spread and shapes of thirty columns, against one SUMMARIZE of the same rows.

python -m tests.bench.profiles [--rows 2000000] [--runs 3]
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from contracts.model import Dataset
from contracts.sql_text import identifier
from lake.attach import open_lake, store_table
from lake.profiles.taking import profiles
from lake.settings import load_settings
from lake.store import ensure_tables
from tests.bench.measure import heading, line, median, timed
from tests.unit.lake.desk import column, dataset

_DAY = date(2026, 11, 2)


def wide() -> Dataset:
    """Thirty columns: ids, names, codes, addresses, numbers, money and days."""
    texts = [column(f"text{n}") for n in range(14)]
    numbers = [column(f"number{n}", "integer") for n in range(6)]
    money = [column(f"money{n}", "decimal") for n in range(4)]
    days = [column(f"day{n}", "date", formats=("%Y-%m-%d",)) for n in range(6)]
    return dataset(*texts, *numbers, *money, *days)


def fill(connection: duckdb.DuckDBPyConnection, what: Dataset, rows: int) -> None:
    """So many rows of one batch, all of them accepted."""
    made = []
    for number, one in enumerate(what.columns):
        kind, spread = str(one.element.type), (7, 31, 1_000, 90_000, 5_000_000)[number % 5]
        value = f"(hash(i + {number}) % {spread})"
        told = {
            "string": f"'3301' || lpad({value}::varchar, 14, '0')" if number % 3 == 0 else f"'王' || {value}",
            "integer": f"{value}::bigint",
            "decimal": f"({value} / 100)::decimal(18, 2)",
            "date": f"date '2026-11-01' - ({value} % 30000)::integer",
        }[kind]
        made.append(f"{told} as {identifier(one.name)}")
    names = ", ".join(identifier(one.name) for one in what.columns)
    connection.execute(
        f"insert into {store_table(what)} ({names}, _row, _batch, _delivery) "
        f"select {', '.join(made)}, i, 'b1', 1 from range({rows}) as t(i)"
    )


def main() -> int:
    """Print the table; 1 where the aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    with TemporaryDirectory() as place:
        settings = load_settings(Path(place), {"ZHONGTAI_STATE": f"{place}/state", "ZHONGTAI_MEMORY": "3GB"})
        what = wide()
        with open_lake(settings) as connection:
            ensure_tables(connection, [what])
            fill(connection, what, asked.rows)
            names = ", ".join(identifier(one.name) for one in what.columns)
            summary = f"summarize select {names} from {store_table(what)}"
            heading(f"profiles of {asked.rows:,} rows, {len(what.columns)} columns")
            ours = median(timed(lambda: profiles(connection, what, {"b1": _DAY})) for _ in range(asked.runs))
            base = median(timed(lambda: connection.execute(summary).fetchall()) for _ in range(asked.runs))
            line("one profile : one SUMMARIZE", ours, base, "≤ 3")
            return 0 if ours.processor <= 3 * base.processor else 1


if __name__ == "__main__":
    sys.exit(main())
