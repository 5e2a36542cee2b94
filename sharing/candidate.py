"""What a folder of Parquet files holds, read from the files: names, types, rows, nulls and digests.

Whether it may leave is not judged here, and no row is read: everything but the digest is in the Parquet footers.
"""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from contracts.evidence import CandidateFile, ProductCandidate
from sharing.canonical import file_digest
from sharing.faults import SharingRefused

_DUCKDB = {
    "string": "VARCHAR",
    "large_string": "VARCHAR",
    "bool": "BOOLEAN",
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "uint8": "UTINYINT",
    "uint16": "USMALLINT",
    "uint32": "UINTEGER",
    "uint64": "UBIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "date32[day]": "DATE",
    "time32[ms]": "TIME",
    "time64[us]": "TIME",
    "timestamp[s]": "TIMESTAMP_S",
    "timestamp[ms]": "TIMESTAMP_MS",
    "timestamp[us]": "TIMESTAMP",
    "timestamp[ns]": "TIMESTAMP_NS",
}


def parquet_files(folder: Path) -> tuple[Path, ...]:
    """The Parquet files of a folder, in name order; SharingRefused where there is none."""
    found = tuple(sorted(path for path in folder.glob("*.parquet") if path.is_file()))
    if not found:
        raise SharingRefused(
            "files_present", str(folder), "no Parquet file in the folder", "export the product again, then publish"
        )
    return found


def read_schema(paths: tuple[Path, ...]) -> dict[str, str]:
    """The one schema of the files: column name to Arrow type, in file order; SharingRefused where they differ."""
    schema: dict[str, str] | None = None
    for path in paths:
        found = {item.name: str(item.type) for item in _open(path).schema_arrow}
        if schema is not None and list(found.items()) != list(schema.items()):
            raise SharingRefused(
                "one_schema", str(path), f"its columns differ from those of {paths[0].name}", "export the product again"
            )
        schema = found
    return schema or {}


def count_rows(paths: tuple[Path, ...]) -> int:
    """The number of rows of all files together, from their footers."""
    return sum(_open(path).metadata.num_rows for path in paths)


def read_candidate(product: str, folder: Path, data_version: str | None) -> ProductCandidate:
    """Describe the Parquet files of `folder`, an export of version `data_version` of the product's table."""
    paths = parquet_files(folder)
    schema = read_schema(paths)
    return ProductCandidate(
        product=product,
        columns={name: duckdb_type(arrow) for name, arrow in schema.items()},
        rows=count_rows(paths),
        files=tuple(CandidateFile(path.name, file_digest(path), path.stat().st_size) for path in paths),
        nulls=_nulls(paths, tuple(schema)),
        data_version=data_version,
    )


def duckdb_type(arrow: str) -> str:
    """The DuckDB type that reads an Arrow type; where there is none the Arrow type itself, which nobody promises."""
    if match := re.fullmatch(r"decimal\d+\((\d+), (\d+)\)", arrow):
        return f"DECIMAL({match[1]},{match[2]})"
    if re.fullmatch(r"timestamp\[\w+, tz=.+\]", arrow):
        return "TIMESTAMP WITH TIME ZONE"
    return _DUCKDB.get(arrow, arrow)


def _nulls(paths: tuple[Path, ...], columns: tuple[str, ...]) -> dict[str, int | None]:
    nulls: dict[str, int | None] = dict.fromkeys(columns, 0)
    for path in paths:
        metadata = _open(path).metadata
        for group in range(metadata.num_row_groups):
            for index in range(metadata.num_columns):
                part = metadata.row_group(group).column(index)
                known = part.statistics is not None and part.statistics.has_null_count
                # A nested column has several leaves and no entry of its own: not known.
                before = nulls.get(part.path_in_schema)
                if part.path_in_schema in nulls:
                    found = part.statistics.null_count if known else None
                    nulls[part.path_in_schema] = None if before is None or found is None else before + found
    return nulls


def _open(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise SharingRefused(
            "parquet_readable", str(path), "the file is not readable as Parquet", "export the product again"
        ) from error
