"""The profile of each batch, taken as it lands and put into the ledger: counts, spread and shapes, and no values.

An entry holds no value of a column above the lowest level, and nothing that few rows share: whoever reads the ledger
learns nothing of anybody from it. What is made of profiles is `lake/quality_past`'s.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

import duckdb

from contracts.model import Column, Dataset, Level
from lake.batch import UNTAKEN, Batch
from lake.city import City
from lake.failure import words
from lake.profiles.sql import PARTS, SAMPLE, counts, shapes, spread

KIND = "profile"
FEW = 5
"""What fewer rows share is not told of a column that is not open."""
_LEAST = 30
_LONG = re.compile(r"(.)\1{3,}")


def record_profiles(city: City, dataset: Dataset, batches: Iterable[Batch], recorded: Collection[str]) -> None:
    """Append the profiles of what was carried now, or by a run that died before it could tell of it.

    Where one cannot be taken that is said, and stops nothing.
    """
    fresh = {
        one.batch: one.delivered_on
        for one in batches
        if one.state in {"accepted", "rejudged"} or (one.state not in UNTAKEN and one.batch not in recorded)
        if one.batch and one.delivered_on and one.accepted
    }
    if not fresh:
        return
    try:
        bodies = profiles(city.connection, dataset, fresh)
    except duckdb.FatalException:
        raise
    except duckdb.Error as error:
        city.progress("profile", dataset.id, f"not taken: {words(error)}")
        return
    city.ledger.append_many([(KIND, {**body, "run_id": city.run_id}) for body in bodies], city.now())


def profiles(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, batches: Mapping[str, date]
) -> list[dict[str, Any]]:
    """The bodies of the entries of some batches, each with the day that it is of."""
    found = {}
    for batch, rows, *told in connection.execute(counts(dataset, batches)).fetchall():
        parts = zip(*[iter(told)] * PARTS, strict=True)
        columns = {one.name: _counted(rows, part) for one, part in zip(dataset.columns, parts, strict=True)}
        found[str(batch)] = {"rows": rows, "columns": columns}
    steps = {batch: max(1, one["rows"] // SAMPLE) for batch, one in found.items()}
    by = {column.name: column for column in dataset.columns}
    days = {batch: batches[batch] for batch in found}
    if found:
        for batch, name, bin_, rows in connection.execute(spread(dataset, days, steps)).fetchall():
            if _tells(by[name], found[batch]["rows"], rows):
                found[batch]["columns"][name].setdefault("bins", {})[bin_] = rows
    asked = shapes(dataset, days, steps) if found else None
    for batch, name, shape, rows in connection.execute(asked).fetchall() if asked else ():
        if _tells(by[name], found[batch]["rows"], rows):
            found[batch]["columns"][name].setdefault("shapes", []).append([_short(shape), rows])
    by_engine = f"duckdb {duckdb.__version__}"  # what a text hashes to may be another in another version
    return [
        {"dataset": dataset.id, "batch": batch, "delivered_on": str(batches[batch]), "by": by_engine, **one}
        for batch, one in sorted(found.items(), key=lambda pair: (batches[pair[0]], pair[0]))
    ]


def _counted(rows: int, part: tuple[Any, ...]) -> dict[str, Any]:
    there, distinct, shortest, longest, least, most = part
    found: dict[str, Any] = {"nulls": rows - there, "distinct": min(distinct, there)}
    if longest is not None:
        found["length"] = [shortest, longest]
    if most is not None:
        found["range"] = [least, most]
    return found


def _tells(column: Column, rows: int, sharing: int) -> bool:
    return column.level is Level.L1 or (rows >= _LEAST and sharing >= FEW)


def _short(shape: str) -> str:
    """A shape with what repeats counted: 9{18}."""
    return _LONG.sub(lambda found: f"{found[1]}{{{len(found[0])}}}", shape)
