"""A private set intersection, held to its promise whatever adapter runs it.

Only a set of verified identifiers goes in, and only rows of ours come out. Adapters are `keyed.py` (tokens under a key,
the reference) and `program.py` (an external program).
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb

from contracts.model import Element
from contracts.sql_text import literal
from lake.blind.engine import number, own_engine, write_parquet
from lake.blind.verified import Counted, load_verified
from lake.settings import Settings
from sharing.blind.intersection import PrivateSetIntersection
from sharing.faults import SharingRefused


def meet(
    settings: Settings,
    adapter: PrivateSetIntersection,
    source: tuple[Path, str, Element],
    peer: str,
    out: Path,
) -> tuple[Counted, int]:
    """Write the rows of ours that the peer has too to `out` (Parquet, column `row`); what was read, and how many.

    SharingRefused for an identifier that stands twice or cannot be verified, for an answer that is no set of our rows,
    and for what the adapter refuses; then nothing is at `out`. A row without a value is left out.
    """
    file, column, element = source
    with (
        own_engine(settings, file.name) as connection,
        tempfile.TemporaryDirectory(prefix=".blind.", dir=out.parent) as folder,  # mode 0700
    ):
        counted = load_verified(connection, file, column, element)
        _expect_set(file, counted)
        ours, found = Path(folder) / "ours.parquet", Path(folder) / "found.parquet"
        # In the order of identifiers: the order of rows would tell something of them.
        write_parquet(connection, "select identifier, row from verified order by identifier", ours)
        adapter.intersect(ours, peer, found)
        size = _expect_answer(connection, adapter.name, found)
        write_parquet(connection, "select row from answer order by row", out)
    return counted, size


def _expect_set(file: Path, counted: Counted) -> None:
    if counted.unverified:
        told = f"{counted.unverified} rows have a value that is no valid identifier"
        raise SharingRefused("blind_set", file.name, told, "correct them, or leave them out")
    if counted.repeated:
        told = f"{counted.repeated} rows repeat an identifier of an earlier one"
        raise SharingRefused("blind_set", file.name, told, "a set has each once: leave the others out")


def _expect_answer(connection: duckdb.DuckDBPyConnection, name: str, found: Path) -> int:
    """Make the table `answer` (row) of what an adapter found; how many. SharingRefused where it is no set of ours."""
    try:
        at = f"read_parquet({literal(str(found))})"
        shape = connection.execute(f"select column_name, column_type from (describe from {at})").fetchall()
        if shape != [("row", "BIGINT")]:
            raise _no_answer(name, f"it has not the one column `row`, but {len(shape)} columns")
        connection.execute(f"create table answer as select row from {at}")
    except duckdb.Error as error:
        raise _no_answer(name, f"it cannot be read ({type(error).__name__})") from None
    rows, apart, foreign = number(
        connection,
        "select count(*), count(distinct row), count(*) filter (row is null or row not in (select row from verified)) "
        "from answer",
    )
    if foreign or rows != apart:
        raise _no_answer(name, f"{foreign} of its {rows} rows are none of ours, and {rows - apart} stand again")
    return rows


def _no_answer(name: str, told: str) -> SharingRefused:
    return SharingRefused("blind_answer", name, f"what it found is no answer: {told}", "see to the protocol's program")
