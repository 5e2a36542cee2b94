"""What to say of a delivery that a reader stumbled over: the engine's and Python's errors in words, without their text.

Their own words may quote cell values, so their kind is kept, and what the file itself shows beside it.
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from contracts.model import Dataset
from lake.failure import place
from lake.readers.admission import refused_by_system
from lake.readers.diagnosis import encoding_hint, head_of, line_ends
from lake.readers.landing import TEXT_FORMATS, Landed
from lake.readers.parquet import damaged_column
from lake.readers.refusal import DeliveryRefused

_ENGINE_LINE = re.compile(r"\bLine: (\d+)")
# Phrases of the engine that hold no value, and what they mean.
_ENGINE_WORDS = {
    "Maximum line size": "a line is longer than can be read",
    "not utf-8": "its text is not UTF-8",
    "Invalid unicode": "its text is not UTF-8",
    "Invalid Input Error: Invalid string encoding": "its text is not UTF-8",
    "invalid UTF-8": "its text is not UTF-8",
    "Out of Memory": "it needs more memory than ZHONGTAI_MEMORY allows",
}
_COMPARE = {
    "csv": "Compare the file with servers.delimiter, quote and encoding in the contract.",
    "zip": "Compare its members with servers.member, delimiter, quote and encoding in the contract.",
}


def refused_unread(dataset: Dataset, relative: str, error: Exception, landed: Landed | None) -> DeliveryRefused:
    """The refusal of a delivery over which `error` was raised; `landed` where it came so far."""
    name = Path(relative).name
    if isinstance(error, OSError):
        return refused_by_system(dataset, name, error)
    if not isinstance(error, duckdb.Error | UnicodeError):
        return DeliveryRefused(
            dataset.id,
            name,
            f"the reader of {dataset.source.format} failed on it ({type(error).__name__})",
            place(error),
            "Ask for the file in another form, and report this: a reader should have said what is wrong.",
        )
    words = next((meant for phrase, meant in _ENGINE_WORDS.items() if phrase.lower() in str(error).lower()), "")
    what = f"the file could not be read ({type(error).__name__}){f': {words}' if words else ''}"
    fix = _COMPARE.get(dataset.source.format, "Open it with what wrote it, and compare it with the contract.")
    line = _ENGINE_LINE.search(str(error))
    where = f"line {line.group(1)}" if line else relative
    return DeliveryRefused(dataset.id, name, what, where, fix).because(_shows(dataset, landed))


def _shows(dataset: Dataset, landed: Landed | None) -> str:
    if landed is not None and dataset.source.format == "parquet" and (column := damaged_column(landed.file)):
        return f"the pages of its column {column!r} are damaged"
    if landed is None or dataset.source.format not in TEXT_FORMATS:
        return ""
    head = head_of(landed.file)
    return "; ".join(filter(None, (encoding_hint(dataset.source, head), f"its line ends are {line_ends(head)}")))
