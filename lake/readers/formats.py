"""Which reader reads which format: one table. A new format is one line here and one function beside its kin."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb

from contracts.model import Dataset
from lake.readers import (
    archive,
    dbf,
    delimited,
    geojson,
    json_lines,
    json_records,
    ods,
    pages,
    parquet,
    sqlite,
    xls,
    xlsx,
    xml_records,
)
from lake.readers.kinds import kind_hint
from lake.readers.landing import Landed, look_at
from lake.readers.packed import unpack
from lake.readers.refusal import DeliveryRefused
from quality.conform import Delivered

Reading = tuple[Delivered, int]

_READERS: dict[str, Callable[[Dataset, Landed, Path, duckdb.DuckDBPyConnection], Reading]] = {
    "csv": delimited.read_csv,
    "fixed": lambda dataset, landed, scratch, connection: delimited.read_csv(dataset, landed, scratch),
    "zip": lambda dataset, landed, scratch, connection: archive.read_archive(
        dataset, landed, scratch, partial(_read_member, connection=connection)
    ),
    "tar": lambda dataset, landed, scratch, connection: archive.read_archive(
        dataset, landed, scratch, partial(_read_member, connection=connection)
    ),
    "ndjson": json_lines.read_ndjson,
    "json": json_records.read_json,
    "geojson": geojson.read_geojson,
    "parquet": parquet.read_parquet,
    "sqlite": lambda dataset, landed, scratch, connection: sqlite.read_sqlite(dataset, landed, scratch),
    "xlsx": lambda dataset, landed, scratch, connection: xlsx.read_xlsx(dataset, landed, scratch),
    "xls": lambda dataset, landed, scratch, connection: xls.read_xls(dataset, landed, scratch),
    "ods": lambda dataset, landed, scratch, connection: ods.read_ods(dataset, landed, scratch),
    "html": lambda dataset, landed, scratch, connection: pages.read_html(dataset, landed, scratch),
    "xml": lambda dataset, landed, scratch, connection: xml_records.read_xml(dataset, landed, scratch),
    "dbf": lambda dataset, landed, scratch, connection: dbf.read_dbf(dataset, landed, scratch),
}


def read(dataset: Dataset, landed: Landed, scratch: Path, connection: duckdb.DuckDBPyConnection) -> Reading:
    """A landed delivery as a relation of text, and the number of its records.

    Working copies go to `scratch`, which the caller removes. Raises `DeliveryRefused`.
    """
    if not dataset.source.is_archive and (file := unpack(dataset, landed.file, scratch)):
        landed = look_at(dataset, file, landed.batch)
    return _told(dataset, landed, lambda: _READERS[dataset.source.format](dataset, landed, scratch, connection))


def _told(dataset: Dataset, landed: Landed, reading: Callable[[], Reading]) -> Reading:
    """What is read; where it is refused, what the file is by its first bytes is told beside."""
    try:
        return reading()
    except DeliveryRefused as refusal:
        hint = kind_hint(landed.file, dataset.source.format)
        raise refusal.because("" if hint in refusal.what else hint) from None


def _read_member(dataset: Dataset, landed: Landed, scratch: Path, connection: duckdb.DuckDBPyConnection) -> Reading:
    if dataset.source.format in {"csv", "fixed"}:
        # The pieces of a text are numbered for themselves, and an archive numbers its records as a whole.
        return _told(dataset, landed, lambda: delimited.read_csv(dataset, landed, scratch))
    return _told(dataset, landed, lambda: _READERS[dataset.source.format](dataset, landed, scratch, connection))
