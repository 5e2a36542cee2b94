"""Whose rows left: for each release a keyed index of the persons behind its rows, and which releases held one person.

    <state>/held/<agreement>/<release id>.parquet    `who`: one keyed hash a person, and nothing else

Without the pseudonym key nobody can tell whose a hash is, nor try numbers until one fits. Who is behind a row is told
by `orchestration.share.persons`; that the index was asked is recorded by whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from contracts.model import Catalogue
from contracts.sql_text import literal
from lake.engine_macros import keyed_hash
from lake.scratch import own_folder
from lake.settings import Settings
from sharing import durable
from sharing.ledger import Ledger


@dataclass(frozen=True)
class Numbered:
    """Persons by the ids of one data element: SQL of one column `person` with an id a row."""

    element: str
    sql: str


@dataclass(frozen=True)
class Holding:
    """What is known of one release: whether the person is among those behind its rows, None where nobody wrote that."""

    agreement: str
    recipient: str | None
    release_id: str
    released: str
    withdrawn: str | None
    held: bool | None


def write_index(
    connection: duckdb.DuckDBPyConnection, catalogue: Catalogue, persons: Sequence[Numbered], file: Path
) -> None:
    """Write the index of these persons: each once, in the order of the hashes. Of nobody it has no row."""
    nobody = "select null::varchar as who where false"
    each = [f"select {_who(catalogue, one.element, 'person')} as who from ({one.sql})" for one in persons]
    found = f"select distinct who from ({' union all '.join([nobody, *each])}) where who is not null order by who"
    connection.execute(f"copy ({found}) to {literal(str(file))} (format parquet)")


def keep_index(settings: Settings, agreement: str, release_id: str, draft: Path) -> None:
    """Put the index of a release in its place; one that is there stays, since the same release has the same persons."""
    file = _file(settings, agreement, release_id)
    if file.exists() or not draft.is_file():
        return
    own_folder(settings.held)
    file.parent.mkdir(exist_ok=True)
    durable.write_file(file, draft.read_bytes())
    file.chmod(0o600)


def holdings(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    catalogue: Catalogue,
    ledger: Ledger,
    asked: tuple[str, Iterable[str]],
) -> list[Holding]:
    """Every release there ever was, and whether it held the person of an id; `asked` is the id and the data elements
    that it may be of.
    """
    value, elements = asked
    whos = {_hash(connection, catalogue, element, value) for element in elements} - {None}
    every = {(str(one.body["agreement"]), str(one.body["release_id"])) for one in ledger.entries("release")}
    written = {identity: file for name, identity in every if (file := _file(settings, name, identity)).is_file()}
    holding = _holding(connection, written, whos)
    gone = {str(entry.body.get("release_id")): entry.at.isoformat() for entry in ledger.entries("withdrawal")}
    found: dict[str, Holding] = {}
    for entry in ledger.entries("release"):
        agreement, identity = str(entry.body["agreement"]), str(entry.body["release_id"])
        if identity in found:
            continue
        recipient = entry.body.get("recipient")
        found[identity] = Holding(
            agreement, recipient, identity, entry.at.isoformat(), gone.get(identity), holding.get(identity)
        )
    return list(found.values())


def _file(settings: Settings, agreement: str, release_id: str) -> Path:
    return settings.held / agreement / f"{release_id}.parquet"


# So many files are open in one query: each release has one.
_AT_ONCE = 500


def _holding(
    connection: duckdb.DuckDBPyConnection, written: Mapping[str, Path], whos: Iterable[str | None]
) -> dict[str, bool]:
    """Release -> whether its index has a person of these hashes; a release whose index cannot be read is left out."""
    listed = ", ".join(literal(str(who)) for who in whos) or "null"
    names, found = sorted(written), dict[str, bool]()
    for first in range(0, len(names), _AT_ONCE):
        some = names[first : first + _AT_ONCE]
        together = _of_files(connection, {name: written[name] for name in some}, listed)
        if together is None:  # one of them is damaged: the others still tell
            alone = (_of_files(connection, {name: written[name]}, listed) or {} for name in some)
            together = {name: held for each in alone for name, held in each.items()}
        found |= together
    return found


def _of_files(
    connection: duckdb.DuckDBPyConnection, written: Mapping[str, Path], listed: str
) -> dict[str, bool] | None:
    files = ", ".join(literal(str(file)) for file in written.values())
    read = f"read_parquet([{files}], filename = true, hive_partitioning = false)"
    try:
        rows = connection.execute(f"select distinct filename from {read} where who in ({listed})").fetchall()
    except duckdb.FatalException:
        raise
    except duckdb.Error:
        return None
    having = {str(file) for (file,) in rows}
    return {name: str(file) in having for name, file in written.items()}


def _hash(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue, element: str, value: str) -> str | None:
    row = connection.execute(f"select {_who(catalogue, element, literal(value))}").fetchone()
    return str(row[0]) if row and row[0] is not None else None


def _who(catalogue: Catalogue, element: str, value: str) -> str:
    """SQL for the keyed hash of an id, in its standard spelling, under its element; null for none."""
    spelled = f"nullif(trim(cast({value} as varchar)), '')"
    known = catalogue.elements.get(element)
    if known is not None and known.normalise:
        spelled = f"zt.normalise_{known.normalise}({spelled})"
    hashed = keyed_hash("held_key", f"{literal(element)} || chr(1) || {spelled}")
    return f"case when {spelled} is not null then {hashed} end"
