"""A candidate is described from the bytes about to leave."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contracts.model import LogicalType
from lineage.gates.contract import TYPES
from sharing.candidate import read_candidate
from sharing.faults import SharingRefused

TABLE = """
select 1::integer a, 2::bigint b, 'x' c, 1.5::decimal(18,2) d, 1.5::double e, 1.5::float f, true g, date '2020-01-01' h,
  time '10:00' i, timestamp '2020-01-01' j, timestamptz '2020-01-01 00:00:00+00' k, 1::utinyint l, 1::hugeint m,
  timestamp_ns '2020-01-01' n, timestamp_s '2020-01-01' o
"""


def test_types_are_those_that_duckdb_reads_from_the_file(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"copy ({TABLE}) to '{tmp_path / 'a.parquet'}'")
        described = connection.execute(f"describe select * from '{tmp_path / 'a.parquet'}'").fetchall()
    assert read_candidate("p", tmp_path, "v1").columns == {row[0]: row[1] for row in described}


def test_every_promised_type_has_a_file_type() -> None:
    assert set(TYPES) == set(LogicalType)


def test_rows_nulls_and_digests_are_of_all_files(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, None, 3]}), tmp_path / "a.parquet", row_group_size=1)
    pq.write_table(pa.table({"a": [None, 5]}), tmp_path / "b.parquet")
    found = read_candidate("p", tmp_path, "v1")
    assert (found.rows, dict(found.nulls)) == (5, {"a": 2})
    assert [file.name for file in found.files] == ["a.parquet", "b.parquet"]
    assert all(file.size == (tmp_path / file.name).stat().st_size for file in found.files)
    assert found.table == "product.p"


def test_nulls_without_statistics_are_not_known(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, None]}), tmp_path / "a.parquet", write_statistics=False)
    assert read_candidate("p", tmp_path, "v1").nulls == {"a": None}


def test_a_folder_without_files_or_with_other_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SharingRefused, match="no Parquet file"):
        read_candidate("p", tmp_path, "v1")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"b": [1]}), tmp_path / "b.parquet")
    with pytest.raises(SharingRefused, match="its columns differ"):
        read_candidate("p", tmp_path, "v1")
    (tmp_path / "b.parquet").write_bytes(b"junk")
    with pytest.raises(SharingRefused, match="not readable as Parquet"):
        read_candidate("p", tmp_path, "v1")
