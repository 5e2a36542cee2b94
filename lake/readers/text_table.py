"""Rows of text on their way to the scan: written in batches to a Parquet file of the run, so that memory stays bounded.

What the rows are, and where they come from, is the readers'.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

from contracts.model import Dataset
from contracts.sql_text import literal
from quality.conform import Delivered

STRUCTURE, SURPLUS = "_structure", "_extra"
_CELLS = 1 << 19


class TextTable:
    """A file of text columns, named by the contract's columns, with a structural fault and a surplus for each row."""

    def __init__(self, dataset: Dataset, file: Path, names: Sequence[str]) -> None:
        self._dataset, self._file = dataset, file
        self.rows = 0
        file.parent.mkdir(parents=True, exist_ok=True)
        self._names = [*(f"c.{name}" for name in names), STRUCTURE, SURPLUS]
        self._schema = pa.schema([(name, pa.string()) for name in self._names])
        self._most = max(1, _CELLS // len(self._names))
        self._waiting: list[Sequence[str | None]] = []

    def __enter__(self) -> TextTable:
        self._writer = pq.ParquetWriter(self._file, self._schema, compression="lz4")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._flush()
        self._writer.close()

    def add(self, cells: Sequence[str | None], fault: str | None = None, surplus: str | None = None) -> None:
        """One row: a cell for each name, and what is wrong with its shape."""
        self._waiting.append((*cells, fault, surplus))
        if len(self._waiting) >= self._most:
            self._flush()

    def add_columns(self, columns: Sequence[Iterable[str | None]]) -> None:
        """Rows as columns, in the order of the names, with the structural faults last."""
        arrays = [pa.array(values, pa.string()) for values in columns]
        rows = len(arrays[0])
        self._writer.write_table(
            pa.Table.from_arrays([*arrays, pa.nulls(rows, pa.string())], schema=self._schema),
            row_group_size=rows or None,
        )
        self.rows += rows

    def _flush(self) -> None:
        if self._waiting:
            arrays = [pa.array(values, pa.string()) for values in zip(*self._waiting, strict=True)]
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
            self.rows += len(self._waiting)
            self._waiting = []

    def delivered(self) -> Delivered:
        """The rows as a relation."""
        relation = f"""(select *, file_row_number + 1 as _row
          from read_parquet({literal(str(self._file))}, file_row_number=true))"""
        headers = {column.name: f"c.{column.name}" for column in self._dataset.columns}
        return Delivered(relation, headers, surplus=SURPLUS)


def nothing(dataset: Dataset, file: Path) -> Delivered:
    """A delivery of no records: whether that is legal is not the reader's to say."""
    with TextTable(dataset, file, [column.name for column in dataset.columns]) as table:
        pass
    return table.delivered()
