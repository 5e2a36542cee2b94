"""Matching the headers of a delivery to the columns of a contract. No file is opened here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contracts.model import Dataset
from lake.readers.diagnosis import shown
from lake.readers.drift import is_reordered
from lake.readers.refusal import DeliveryRefused, HeadersDiffer


def match_headers(
    dataset: Dataset, file: str, delivered: Sequence[str], *, ordered: bool = True, rows: Sequence[Sequence[str]] = ()
) -> dict[str, int]:
    """Contract column name -> position in the delivery. Columns may have moved; none may be missing or unknown.

    Keys of objects are not `ordered`: their positions tell a person nothing. Where names are written over several
    `rows`, a contracted header is the joined name, or what the last row says where that is there once. Raises
    `DeliveryRefused` naming what is missing, unknown, or there twice.
    """
    if not dataset.source.header:
        return _by_position(dataset, file, len(delivered) or len(dataset.columns))
    found = _by_last_row(dataset, [header.strip().lstrip("\ufeff") for header in delivered], rows)
    positions: dict[str, int] = {}
    for column in dataset.columns:
        places = [place for place, header in enumerate(found) if header in column.headers]
        if len(places) > 1:
            raise _refused(dataset, file, f"the column {column.name!r} is there {len(places)} times", "headers")
        if places:
            positions[column.name] = places[0]
    unknown = _unknown(
        dataset, {place: header for place, header in enumerate(found) if place not in positions.values()}
    )
    told = shown(unknown, dataset, ordered=ordered)
    try:
        _refuse_missing(dataset, file, positions, told)
        if unknown:
            what = f"{len(unknown)} columns are not in the contract: {told}"
            raise _refused(dataset, file, what, "header line")
        if ordered and dataset.drift.get("reordered", "accept") != "accept" and is_reordered(dataset, positions):
            raise _refused(dataset, file, "its columns are not in the order of the contract", "header line")
    except DeliveryRefused as refusal:
        raise HeadersDiffer(refusal, tuple(found), positions, ordered=ordered) from None
    return positions


def _by_last_row(dataset: Dataset, joined: list[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The joined names, each replaced by its part in the last row where only that one is contracted."""
    if len(rows) <= 1:
        return joined
    known = {header for column in dataset.columns for header in column.headers}
    last = [cell.strip() for cell in rows[-1]] + [""] * (len(joined) - len(rows[-1]))
    return [
        part if name not in known and part in known and last.count(part) == 1 else name
        for name, part in zip(joined, last, strict=False)
    ]


def _by_position(dataset: Dataset, file: str, width: int) -> dict[str, int]:
    if width < len(dataset.columns):
        raise _refused(
            dataset, file, f"the file has {width} columns, the contract {len(dataset.columns)}", "first line"
        )
    return {column.name: place for place, column in enumerate(dataset.columns)}


def _refuse_missing(dataset: Dataset, file: str, positions: dict[str, int], others: str) -> None:
    missing = [column for column in dataset.columns if column.name not in positions]
    if missing:
        names = ", ".join(f"{column.name} ({' or '.join(column.headers)})" for column in missing)
        beside = f"; found, and not in the contract: {others}" if others else ""
        raise _refused(dataset, file, f"{len(missing)} contracted columns are missing: {names}{beside}", "header line")


def _unknown(dataset: Dataset, others: Mapping[int, str]) -> dict[int, str]:
    ignored = set(dataset.source.ignored_headers)
    return {} if "*" in ignored else {place: header for place, header in others.items() if header not in ignored}


def _refused(dataset: Dataset, file: str, what: str, place: str) -> DeliveryRefused:
    return DeliveryRefused(
        dataset.id,
        file,
        what,
        place,
        "Ask for a file of the contracted shape, or change the contract "
        "(properties.physicalName, headers, servers.ignored_headers, skip_rows, delimiter).",
    )
