"""The records of a landed file, counted from the file alone by methods that share nothing with the readers.

One table, by format. What the lake says of a batch is held against this, at delivery and by the audit.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from contracts.model import Dataset
from lake.readers.archive import member_dataset, unpacked_members
from lake.readers.counting import count_elements, count_lines
from lake.readers.dbf import count_dbf
from lake.readers.delimited import count_texts, text_of
from lake.readers.json_split import record_path
from lake.readers.markup_count import count_marks, count_page_rows
from lake.readers.packed import unpack
from lake.readers.pages import page_text
from lake.readers.parquet import count_parquet
from lake.readers.second_library import count_workbook
from lake.readers.sqlite import count_sqlite
from lake.readers.xlsx import count_xlsx
from lake.readers.xml_records import record_names

Count = Callable[[Dataset, Path], int]


def count_text(dataset: Dataset, file: Path) -> int:
    """The records of a delimited or fixed-width text: by the parity of its quotes, or by that of its canonical copy."""
    with tempfile.TemporaryDirectory() as folder:
        return count_texts(dataset, [text_of(dataset, file, file.name, Path(folder))], Path(folder))


COUNTERS: dict[str, Count] = {
    "csv": count_text,
    "fixed": count_text,
    "ndjson": lambda dataset, file: count_lines(file, dataset.source.encoding),
    "json": lambda dataset, file: count_elements(
        file, dataset.source.encoding, record_path(dataset.source.records) or ()
    ),
    "geojson": lambda dataset, file: count_elements(file, dataset.source.encoding, ("features",)),
    "xml": lambda dataset, file: count_marks(file, dataset.source.encoding, record_names(dataset.source.records)),
    "html": lambda dataset, file: count_page_rows(dataset.source, "".join(page_text(dataset, file))),
    "parquet": count_parquet,
    "sqlite": count_sqlite,
    "xlsx": count_xlsx,
    "xls": count_workbook,
    "ods": count_workbook,
    "dbf": lambda dataset, file: count_dbf(file),
}


def recount(dataset: Dataset, file: Path, scratch: Path | None = None) -> int:
    """The records of a landed file. Raises `DeliveryRefused` as reading it would.

    What is packed is unpacked below `scratch` (else the system's own place), and removed again.
    """
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        if dataset.source.is_archive:
            members = unpacked_members(dataset, file, Path(folder))
            return sum(COUNTERS[dataset.source.member_format](member_dataset(dataset), member) for _, member in members)
        return COUNTERS[dataset.source.format](dataset, unpack(dataset, file, Path(folder)) or file)
