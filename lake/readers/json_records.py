"""JSON documents: an array of objects, objects one after another, or records at a declared path (`records`).

The document is cut into its records, and they are read as lines of JSON are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb

from contracts.model import Dataset
from lake.readers.counting import count_elements
from lake.readers.json_lines import Lines, lines_of, objects, sampled_keys, wanted
from lake.readers.json_split import JsonFault, Split, record_path, split
from lake.readers.kinds import kind_hint
from lake.readers.landing import Landed, as_utf8
from lake.readers.refusal import DeliveryRefused
from lake.readers.text_table import nothing
from quality.conform import Delivered

_AGAIN = "Ask the department to deliver it again, or correct servers.format and records in the contract."

_DEEPEST = 4


def read_json(
    dataset: Dataset, landed: Landed, scratch: Path, connection: duckdb.DuckDBPyConnection
) -> tuple[Delivered, int]:
    """The objects at `servers.records`, each a record; keys are headers."""
    path = record_path(dataset.source.records) or ()
    lines, found = cut(dataset, landed, scratch, path)
    if not found.records:
        return nothing(dataset, scratch / f"{landed.batch}.parquet"), 0
    keys = sampled_keys(connection, lines)
    if not keys:
        raise DeliveryRefused(dataset.id, landed.file.name, "no record is a JSON object", "records", _AGAIN)
    try:
        delivered = objects(dataset, landed, lines, keys)
    except DeliveryRefused as refusal:
        raise refusal.because("" if path or found.records > 1 else _envelope(dataset, lines.file)) from None
    return delivered, count_elements(landed.file, dataset.source.encoding, path)


def _envelope(dataset: Dataset, record: Path) -> str:
    """Where in a single object the records may be: a list of objects, best one with contracted keys."""
    try:
        found = list(_lists(json.loads(record.read_bytes()), ()))
    except (ValueError, RecursionError):
        return ""
    known = wanted(dataset)
    found.sort(key=lambda one: -len(known & one[1].keys()))
    steps = "".join(f".{key}" if key.isidentifier() else f'."{key}"' for key in found[0][0]) if found else ""
    return f"the document is one object around a list of objects: declare records: ${steps}" if found else ""


def _lists(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, object]]]:
    if isinstance(value, list) and value and isinstance(value[0], dict) and path:
        yield path, value[0]
    elif isinstance(value, dict) and len(path) < _DEEPEST:
        for key, inner in value.items():
            yield from _lists(inner, (*path, key))


def cut(dataset: Dataset, landed: Landed, scratch: Path, path: tuple[str, ...]) -> tuple[Lines, Split]:
    """The records of a document as lines, and what is around them. Raises `DeliveryRefused`."""
    file = as_utf8(landed, dataset.source.encoding, scratch)
    copy = scratch / f"{landed.batch}.records"
    copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("rb") as source, copy.open("wb") as target:
            found = split(source, target, path)
    except JsonFault as fault:
        raise DeliveryRefused(dataset.id, landed.file.name, fault.what, fault.place, _AGAIN).because(
            kind_hint(landed.file, dataset.source.format)
        ) from None
    return lines_of(dataset, landed, copy, scratch), found
