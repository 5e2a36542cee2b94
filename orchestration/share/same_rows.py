"""Whether two tables hold the same rows, and one number for what rows a table holds.

Lives here: the comparing. Must not live here: what follows where they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from contracts.sql_text import identifier, literal
from lineage.shadow.rewrite import NotShadowed

# Sums of them depend on the order of the rows, so two runs of one query may differ in the last digit.
_INEXACT = ("FLOAT", "DOUBLE")


def types_of(connection: duckdb.DuckDBPyConnection, source: str) -> dict[str, str]:
    """Column -> type of a table, or of what FROM may name."""
    return {name: kind for name, kind, *_ in connection.execute(f"describe from {source}").fetchall()}


def prove(connection: duckdb.DuckDBPyConnection, mine: str, types: Mapping[str, str], source: str) -> None:
    """That `mine` (of `types`) has the rows of `source`, and perhaps more columns; raises `NotShadowed` where not.

    Equal multisets, by count and difference, over all columns whose values do not hang on the order of rows.
    """
    there = list(types_of(connection, source))
    exact = [name for name in there if types.get(name) not in _INEXACT]
    if not set(there) <= set(types):
        raise NotShadowed("the columns that its SQL gives are not the table's")
    names = ", ".join(map(identifier, exact)) or "1"
    own, its = f"select {names} from {mine}", f"select {names} from {source}"
    row = connection.execute(
        f"select (select count(*) from ({own})), (select count(*) from ({its})), "
        f"(select count(*) from ({own} except all {its}))"
    ).fetchone()
    if row is None or row[0] != row[1] or row[2]:
        raise NotShadowed("the rows that its SQL gives now are not those of the table")


def fingerprint(types: Mapping[str, str], source: str) -> str:
    """SQL for a row that tells the rows of `source` from any others, in whatever order they come."""
    values = [_rounded(identifier(name)) if kind in _INEXACT else identifier(name) for name, kind in types.items()]
    hashed = f"hash({', '.join(values) or '1'})"
    found = f"count(*), coalesce(bit_xor({hashed}), 0), coalesce(sum({hashed}::hugeint % 1000000007), 0)"
    return f"select {found} from {source}"


def _rounded(name: str) -> str:
    return f"printf('%.9g', cast({name} as double))"


def parquet(files: Sequence[Path]) -> str:
    """Parquet files as what FROM may name."""
    return f"read_parquet([{', '.join(literal(str(path)) for path in files)}])"


@contextmanager
def safely(what: str) -> Iterator[None]:
    """An error of the engine as what it means here: nothing is known. Its text may quote data."""
    try:
        yield
    except duckdb.FatalException:
        raise
    except duckdb.Error as error:
        raise NotShadowed(f"{what} failed ({type(error).__name__})") from None
