"""Files of made-up identifiers, and the elements that they are of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from stdnum.cn import ric

from contracts.model import Element, Level, LogicalType

RESIDENT = Element(
    "resident_id", "公民身份号码", "Resident id", LogicalType.STRING, Level.L4, "GB 11643-1999",
    check="resident_id", normalise="resident_id",
)  # fmt: skip


def resident(number: int) -> str:
    """A valid resident id of nobody: its region is no one's."""
    body = f"99900119900101{number:03d}"
    return body + ric.calc_check_digit(body + "0")


def parquet(path: Path, values: Sequence[str | None], column: str = "id") -> Path:
    """A Parquet file of one column, beside one of other text."""
    pq.write_table(pa.table({"other": ["x"] * len(values), column: pa.array(values, pa.string())}), path)
    return path


def csv(path: Path, values: Sequence[str | None], column: str = "id") -> Path:
    """A CSV file of the same."""
    lines = [f"other,{column}", *(f"x,{value or ''}" for value in values)]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def rows(path: Path) -> list[dict[str, object]]:
    """The rows of a Parquet file."""
    return pq.read_table(path).to_pylist()
