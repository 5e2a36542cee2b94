"""Whether Parquet files keep what their recipient is promised of rows and masks: counted in the files themselves.

One scan by DuckDB over the very bytes, for the one who judges them before they leave and for whoever verifies them
after. Lives here: the counting. Must not live here: what follows where a count is not nought (a gate, `verify`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contracts.model import RowCondition
from contracts.sql_text import identifier, literal
from sharing.certificate import Predicate
from sharing.faults import Fault, SharingRefused

_ASK = "do not use the release; tell its publisher"


@dataclass(frozen=True)
class Counted:
    """Rows in all, rows that keep not all conditions, by column those that break one, by column cells without mask."""

    rows: int
    outside: int
    breaking: Mapping[str, int]
    unmasked: Mapping[str, int]


def count(paths: Sequence[Path], conditions: Sequence[RowCondition], shapes: Mapping[str, str]) -> Counted:
    """Hold files against conditions and shapes (column to pattern). SharingRefused where they cannot be counted.

    A value is compared as text. Nothing keeps no condition; of a mask it shows nothing, and so is fine.
    """
    kept = {one.column: _keeps(one) for one in conditions}
    bare = {column: _bare(column, pattern) for column, pattern in shapes.items()}
    every = " and ".join(kept.values()) or "true"
    counts = [f"not ({every})", *(f"not {one}" for one in kept.values()), *bare.values()]
    asked = ", ".join(["count(*)", *(f"count(*) filter (where {one})" for one in counts)])
    files = ", ".join(literal(str(path)) for path in paths)
    rows, outside, *rest = _row(f"select {asked} from read_parquet([{files}], hive_partitioning = false)")
    return Counted(
        rows, outside, dict(zip(kept, rest[: len(kept)], strict=True)), dict(zip(bare, rest[len(kept) :], strict=True))
    )


def certified_faults(paths: Sequence[Path], predicate: Predicate) -> Iterator[Fault]:
    """Where the files do not keep what their certificate says of rows and masks."""
    conditions = tuple(RowCondition(one.column, one.values) for one in predicate.row_scope)
    shapes = {one.name: one.shape for one in predicate.columns if one.mask is not None}
    for name in sorted(name for name, shape in shapes.items() if shape is None):
        yield Fault("mask_shape", name, "it is said to be masked, and no shape of its text is told", _ASK)
    told = {name: shape for name, shape in shapes.items() if shape is not None}
    if not conditions and not told:
        return
    try:
        found = count(paths, conditions, told)
    except SharingRefused as refusal:
        yield refusal.fault
        return
    for column, rows in found.breaking.items():
        if rows:
            yield Fault("row_scope", column, f"{rows} of {found.rows} rows are outside the agreed scope", _ASK)
    for column, cells in found.unmasked.items():
        if cells:
            yield Fault("mask_shape", column, f"{cells} of {found.rows} cells do not show the agreed mask", _ASK)


def _keeps(condition: RowCondition) -> str:
    values = ", ".join(map(literal, condition.values))
    return f"coalesce(cast({identifier(condition.column)} as varchar) in ({values}), false)"


def _bare(column: str, pattern: str) -> str:
    name = identifier(column)
    return f"({name} is not null and not regexp_full_match(cast({name} as varchar), {literal(pattern)}))"


def _row(sql: str) -> tuple[int, ...]:
    import duckdb  # most who verify have no policy to prove, and do not wait for an engine

    try:
        with duckdb.connect(config={"autoinstall_known_extensions": "false", "threads": 1}) as connection:
            row = connection.execute(sql).fetchone()
    except duckdb.FatalException:
        raise
    except duckdb.Error as error:
        raise SharingRefused(
            "policy_countable",
            "the files",
            f"rows and masks could not be counted in them ({type(error).__name__})",  # its text may quote data
            "have the agreement name columns that the files have, and export the product again",
        ) from None
    assert row is not None
    return row
