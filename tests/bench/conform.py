"""Carrying one large CSV into the encrypted lake, as a ratio to DuckDB's bare CSV to Parquet copy of the same file.

    python -m tests.bench.conform [--rows 10000000] [--threads 2] [--times 3]

Ours is `lake.ingest.ingest`: land, scan, cast, judge, insert encrypted, count, commit. Both are run
alternately and medians are compared. The profile then adds one duty after another to the bare copy, so that each
line's distance from the line above is what that duty costs.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from contracts.load import load_catalogue
from contracts.model import (
    Catalogue,
    CodeSet,
    Column,
    Dataset,
    DeliveryMode,
    Element,
    Level,
    LogicalType,
    Rule,
    SharingAttribute,
    Source,
)
from contracts.rules import KINDS
from contracts.violation import Severity
from lake.attach import open_lake, store_table
from lake.ingest import Batch, Ingestion, ingest
from lake.readers.formats import read
from lake.readers.landing import Landed, land
from lake.settings import REPOSITORY, Settings, load_settings
from lake.store import ensure_tables
from quality.conform import conform_sql
from tests.bench.measure import Took, heading, line, median, timed

_WEIGHTS = " + ".join(f"b[{n + 1}]::INTEGER * {pow(2, 17 - n, 11)}" for n in range(17))
# One row in 97 has an unknown sex, one in 1,009 a wrong check digit: rules that never fail would cost less than real.
_MAKE = """
copy (select
    b || case when i % 1009 = 0 then '?' else substr('10X98765432', 1 + ({weights}) % 11, 1) end as resident_id,
    '张' || (i % 5000) as name, case when i % 97 = 0 then '9' else (1 + i % 2)::VARCHAR end as sex,
    substr(b, 7, 4) || '-' || substr(b, 11, 2) || '-' || substr(b, 13, 2) as birth_date,
    '1380000' || lpad((i % 10000)::VARCHAR, 4, '0') as phone,
    '某某市某某区某某街道某某路' || (i % 2000) || '号' as address,
    (i * 37 % 100000) / 100.0 as amount, '2026-01-0' || (1 + i % 9) || ' 08:00:00' as paid_at, i as row_id
  from (select i, (990101 + i % 8) || '19' || (50 + i % 50) || lpad((1 + i % 12)::VARCHAR, 2, '0')
      || lpad((1 + i % 28)::VARCHAR, 2, '0') || lpad((1 + i % 999)::VARCHAR, 3, '0') as b from range({rows}) t(i))
) to '{file}' (header)
"""
_SEX = CodeSet("sex", "性别", "Sex", "GB/T 2261.1", {"1": ("男", "Male"), "2": ("女", "Female")})


def _element(name: str, kind: LogicalType = LogicalType.STRING, **facts: object) -> Element:
    return replace(Element(name, name, name, kind, Level.L2, "benchmark"), **facts)  # type: ignore[arg-type]


def _rule(kind: str, column: str = "", **arguments: object) -> Rule:
    name = f"{column}:{kind}" if column else kind
    return Rule(name, kind, (column,) if column else (), KINDS[kind].dimension, Severity.ERROR, arguments)


_COLUMNS: tuple[tuple[Element, dict[str, dict[str, Any]]], ...] = (
    (_element("resident_id"), {"required": {}, "check_digit": {"algorithm": "resident_id"}}),
    (_element("name"), {"required": {}}),
    (_element("sex"), {"code_set": {"code_set": "sex"}}),
    (_element("birth_date", LogicalType.DATE, formats=("%Y-%m-%d",)), {"required": {}, "type": {}}),
    (_element("phone"), {"pattern": {"pattern": "1[3-9][0-9]{9}"}}),
    (_element("address"), {}),
    (_element("amount", LogicalType.DECIMAL), {"type": {}, "range": {"minimum": 0, "maximum": 1000}}),
    (_element("paid_at", LogicalType.TIMESTAMP, formats=("%Y-%m-%d %H:%M:%S",)), {"type": {}}),
    (_element("row_id", LogicalType.INTEGER), {"required": {}, "type": {}}),
)


def dataset() -> Dataset:
    """Nine columns with a rule of every kind that one row decides, and one across columns."""
    columns = tuple(
        Column(
            one.name,
            (one.name,),
            one.name,
            one.name,
            one,
            one.level,
            one.mask,
            SharingAttribute.NOT_SHARED,
            required="required" in rules,
            key=one.name == "row_id",
            rules=tuple(_rule(kind, one.name, **arguments) for kind, arguments in rules.items()),
        )
        for one, rules in _COLUMNS
    )
    return Dataset(
        "bench", "residents", "1.0.0", "居民", "Residents", "", "bench",
        Source("residents.csv", "csv", delivery_date="arrival"), DeliveryMode.SNAPSHOT, columns,
        SharingAttribute.NOT_SHARED, None, "P1D", 1,
        rules=(_rule("expression", sql="paid_at >= birth_date"),),
    )  # fmt: skip


def make(folder: Path, rows: int) -> Path:
    """The delivery: about 120 bytes a row."""
    file = folder / "residents.csv"
    duckdb.connect().execute(_MAKE.format(weights=_WEIGHTS, rows=rows, file=file))
    return file


def bare_copy(file: Path, out: Path, threads: int) -> None:
    """The baseline: DuckDB's own parser and writer at their best, every column as text."""
    with duckdb.connect(config={"threads": threads}) as connection:
        connection.execute(f"copy (select * from read_csv('{file}', all_varchar=true)) to '{out}' (format parquet)")
    out.unlink()


@contextmanager
def fresh_lake(folder: Path, threads: int) -> Iterator[tuple[duckdb.DuckDBPyConnection, Settings]]:
    """An empty lake for the dataset, removed at the end: a second delivery of the same bytes is a no-op."""
    environment = {"ZHONGTAI_STATE": str(folder / "state"), "ZHONGTAI_THREADS": str(threads)}
    settings = load_settings(REPOSITORY, environment)
    try:
        with open_lake(settings) as connection:
            ensure_tables(connection, [dataset()])
            yield connection, settings
    finally:
        shutil.rmtree(folder / "state", ignore_errors=True)


def carried(catalogue: Catalogue, folder: Path, rows: int, threads: int) -> Took:
    """One ingestion through the real path, opening the lake not counted."""
    with fresh_lake(folder, threads) as (connection, settings):
        batches: list[Batch] = []
        context = Ingestion(connection, catalogue, settings, {}, {})
        took = timed(lambda: batches.extend(ingest(context, dataset())))
    assert [(one.state, one.rows_read) for one in batches] == [("accepted", rows)], batches
    assert batches[0].quarantined == len({*range(0, rows, 97), *range(0, rows, 1009)}), batches[0].reasons
    return took


def profile(catalogue: Catalogue, folder: Path, threads: int, base: Took) -> None:
    """What each duty adds, as ratios to the bare copy."""
    with fresh_lake(folder, threads) as (connection, settings):
        _steps(connection, settings, catalogue, folder, base)


def _steps(
    connection: duckdb.DuckDBPyConnection, settings: Settings, catalogue: Catalogue, folder: Path, base: Took
) -> None:
    landings: list[Landed] = []
    url = f"file://{folder}/residents.csv"
    took = timed(lambda: landings.append(land(dataset(), url, settings.landing)))
    line("land: copy, digest, decode, count lines", took, base)
    delivered, _ = read(dataset(), landings[0], settings.scratch, connection)
    padded = ", ".join(f"'p{n}': 'VARCHAR'" for n in range(len(_COLUMNS) + 1))
    names = ", ".join(f"p{n}" for n in range(len(_COLUMNS)))
    scan = f"select {names} from read_csv('{landings[0].file}', auto_detect=false, header=true, delim=',', quote='\"', "
    scan += f"escape='\"', null_padding=true, ignore_errors=true, store_rejects=true, columns={{{padded}}}, parallel="
    target = f"'{folder / 'step.parquet'}' (format parquet)"
    conformed = conform_sql(dataset(), delivered, catalogue.code_sets)
    columns = ", ".join(column.name for column in dataset().columns)
    table = store_table(dataset())
    steps = {
        "scan to Parquet: padded, rejects kept": f"copy ({scan}true)) to {target}",
        "... and in one thread": f"copy ({scan}false)) to {target}",
        "... and record numbers": f"copy (select * from {delivered.relation}) to {target}",
        "... and casts, rules, originals": f"copy ({conformed}) to {target}",
        "the same inserted into the encrypted lake": f"insert into {table} ({columns}, _row, _faults, _original, "
        f"_batch, _delivery) select *, 'b', 1 from ({conformed})",
        "count what is stored": "select count(*), count(_faults), histogram(array_to_string(_faults, ',')) "
        f"from {table} where _batch = 'b'",
    }
    for name, statement in steps.items():
        line(name, timed(partial(_run, connection, statement)), base)


def _run(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    connection.execute(statement).fetchall()


def main() -> None:
    """Print the comparison, then the profile."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("rows", 10_000_000), ("threads", 2), ("times", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="conform-") as scratch:
        folder = Path(scratch)
        file = make(folder, asked.rows)
        catalogue = replace(load_catalogue(REPOSITORY), deliveries=folder, code_sets={"sex": _SEX})
        heading(f"One CSV of {asked.rows:,} rows, {file.stat().st_size >> 20} MiB, into the encrypted lake")
        bases, ours = [], []
        for _ in range(asked.times):
            bases.append(timed(lambda: bare_copy(file, folder / "bare.parquet", asked.threads)))
            ours.append(carried(catalogue, folder, asked.rows, asked.threads))
        line("ingest / read_csv to Parquet (medians)", median(ours), median(bases))
        profile(catalogue, folder, asked.threads, median(bases))


if __name__ == "__main__":
    main()
