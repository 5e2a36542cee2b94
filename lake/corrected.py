"""Rejected rows that a later delivery brought right: by their key, which of them, and by which batch.

They stay in quarantine, since read = accepted + quarantined for good; only what is told of them changes. A row whose
key itself cannot be read is nobody's, and is not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb

from contracts.model import Dataset
from contracts.sql_text import identifier
from lake.attach import store_table
from lake.order import Delivery, StoredBatch, in_order, ranks


@dataclass(frozen=True)
class Corrected:
    """So many rejected rows of a batch whose keys a later one brought with accepted rows."""

    batch: str
    by: str
    rows: int


def corrected(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    deliveries: Sequence[Delivery],
    batches: Sequence[StoredBatch],
) -> list[Corrected]:
    """What of a dataset's quarantine is corrected, each row by the first delivery that did."""
    sql = corrected_rows(dataset, deliveries, batches)
    if sql is None:
        return []
    ids = {one.delivery: one.batch for one in batches}
    rows = connection.execute(f"select number, righted, count(*) from ({sql}) group by all order by all").fetchall()
    return [Corrected(ids[number], ids[by], count) for number, by, count in rows]


def corrected_rows(dataset: Dataset, deliveries: Sequence[Delivery], batches: Sequence[StoredBatch]) -> str | None:
    """The corrected rows as SQL: `number` of their batch in the store, `_row`, and `righted`, that of who corrected.

    None where there can be none: without a key, without a rejected row, or without a delivery that counts after one.
    """
    places, counting = _places(deliveries, batches), ranks(dataset, deliveries, batches)
    wrong = {one.delivery: places[one.batch] for one in batches if one.quarantined and one.batch in places}
    right = {one.delivery: places[one.batch] for one in batches if one.accepted and one.delivery in counting}
    if not dataset.key or not wrong or not right or min(wrong.values()) >= max(right.values()):
        return None
    keys = [identifier(column.name) for column in dataset.key]
    same = " and ".join(f"o.{key} = g.{key}" for key in keys)
    return (
        "select number, any_value(_row) as _row, arg_min(later_number, later) as righted from ("
        "select o.number, o._row, o.nr, g.number as later_number, g.place as later "
        f"from (select *, row_number() over () as nr from {_rows(dataset, keys, wrong, 'not null')}) as o "
        f"inner join {_rows(dataset, keys, right, 'null')} as g on {same} and g.place > o.place) group by number, nr"
    )


def _rows(dataset: Dataset, keys: Iterable[str], places: dict[int, int], faults: str) -> str:
    listed = ", ".join(f"({number}, {place})" for number, place in sorted(places.items()))
    return (
        f"(select p.number, p.place, s._row, {', '.join(f's.{key}' for key in keys)} from {store_table(dataset)} as s "
        f"inner join (values {listed}) as p (number, place) on s._delivery = p.number where s._faults is {faults})"
    )


def _places(deliveries: Iterable[Delivery], batches: Iterable[StoredBatch]) -> dict[str, int]:
    """Batch -> the place of its last delivery in the order of days; one that only landed again has none."""
    known = {one.batch for one in batches}
    return {one.batch: place for place, one in enumerate(in_order(deliveries), 1) if one.batch in known}
