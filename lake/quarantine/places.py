"""Where in the delivered file a record is, as a person counts: the sheet or table, the record, the row."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.model import Dataset

_BY_LINES = frozenset({"csv", "ndjson", "xlsx", "xls", "ods"})


@dataclass(frozen=True)
class Place:
    """`record` counts records from 1, without headers; `row` counts the file's rows, None where it has none."""

    file: str
    part: str
    record: int | None
    row: int | None


def place_of(dataset: Dataset, path: str, record: int | None, line: int | None) -> Place:
    """The place of a record of a delivery. `line` is known of what is no record at all.

    A row is counted without blank lines between records: there readers count records alone.
    """
    source = dataset.source
    row = line
    if row is None and record is not None and source.inner_format in _BY_LINES:
        has_header = source.header and source.inner_format != "ndjson"
        row = record + source.skip_rows + (source.header_rows if has_header else 0)
    return Place(path, source.member or "", record, row)
