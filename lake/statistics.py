"""What the catalog must not hold in the clear: the least and greatest value of each column, which DuckLake keeps.

Of files they are forgotten: row groups are passed over as before, by the statistics within the encrypted files. Those
of tables DuckLake needs to write on, for it merges them with the next rows' (without them older rows would not be
found), and answers min and max from them: they are sealed while nobody writes, and unsealed by whoever does. No lake is
opened here.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_SECONDS = 20.0
_NONCE = 12
_KNOWN = "(min_value is not null or max_value is not null)"


class StatisticsSealed(RuntimeError):
    """The statistics of the lake's tables cannot be unsealed: nothing may be written on, or rows would be lost."""

    def __init__(self, catalog: Path, why: str) -> None:
        self.catalog, self.why = catalog, why
        super().__init__(
            f"{catalog}: the sealed statistics of its tables {why}; restore catalog and pseudonym key of one backup"
        )


def seal_statistics(catalog: Path, pseudonym_key: bytes) -> None:
    """Leave no value of a column in the catalog; again is nothing. Nobody may be writing."""
    if _seal(catalog, pseudonym_key):
        with closing(sqlite3.connect(catalog, timeout=_SECONDS, isolation_level=None)) as connection:
            # Rows that were moved or replaced before still lie in what pages leave unused.
            connection.execute("vacuum")
            connection.execute("pragma wal_checkpoint(truncate)")


def _seal(catalog: Path, pseudonym_key: bytes) -> bool:
    """Whether there was anything to seal."""
    with _opened(catalog) as connection:
        if connection is None:
            return False
        files = connection.execute(
            f"update ducklake_file_column_stats set min_value = null, max_value = null where {_KNOWN}"
        ).rowcount
        rows = connection.execute(
            f"select table_id, column_id, min_value, max_value from ducklake_table_column_stats where {_KNOWN}"
        ).fetchall()
        if not rows:
            return files > 0
        if _sealed(connection) is not None:
            raise StatisticsSealed(catalog, "are there, and others beside them: something wrote that is not zhongtai")
        nonce = secrets.token_bytes(_NONCE)
        sealed = nonce + _cipher(pseudonym_key).encrypt(nonce, json.dumps(rows).encode(), None)
        connection.execute("create table if not exists zhongtai_sealed (statistics blob not null)")
        connection.execute("insert into zhongtai_sealed values (?)", [sealed])
        connection.execute(f"update ducklake_table_column_stats set min_value = null, max_value = null where {_KNOWN}")
        return True


def unseal_statistics(catalog: Path, pseudonym_key: bytes) -> None:
    """Give the catalog back what was sealed, for writing. Raises `StatisticsSealed`."""
    with _opened(catalog) as connection:
        sealed = _sealed(connection) if connection is not None else None
        if connection is None or sealed is None:
            return
        if connection.execute(f"select 1 from ducklake_table_column_stats where {_KNOWN}").fetchone():
            raise StatisticsSealed(catalog, "are no longer all: something wrote that is not zhongtai")
        try:
            rows = json.loads(_cipher(pseudonym_key).decrypt(sealed[:_NONCE], sealed[_NONCE:], None))
        except (InvalidTag, ValueError):
            raise StatisticsSealed(catalog, "are of another key, or damaged") from None
        connection.executemany(
            "update ducklake_table_column_stats set min_value = ?, max_value = ? where table_id = ? and column_id = ?",
            [(least, most, table, column) for table, column, least, most in rows],
        )
        connection.execute("delete from zhongtai_sealed")


def opens(catalog: Path, pseudonym_key: bytes) -> bool:
    """Whether what is sealed can be unsealed with a key; also where nothing is."""
    with _opened(catalog) as connection:
        sealed = _sealed(connection) if connection is not None else None
        if sealed is None:
            return True
        try:
            _cipher(pseudonym_key).decrypt(sealed[:_NONCE], sealed[_NONCE:], None)
        except InvalidTag:
            return False
        return True


def forget_sealed(catalog: Path) -> None:
    """Drop what is sealed: every table that it was about has been replaced."""
    with _opened(catalog) as connection:
        if connection is not None and _sealed(connection) is not None:
            connection.execute("delete from zhongtai_sealed")


def _sealed(connection: sqlite3.Connection) -> bytes | None:
    if not connection.execute("select 1 from sqlite_master where name = 'zhongtai_sealed'").fetchone():
        return None
    row = connection.execute("select statistics from zhongtai_sealed").fetchone()
    return bytes(row[0]) if row else None


def _cipher(pseudonym_key: bytes) -> AESGCM:
    # A key of its own, so that what is sealed here says nothing of pseudonyms (RFC 5869).
    return AESGCM(HKDF(SHA256(), 32, None, b"zhongtai lake statistics").derive(pseudonym_key))


@contextmanager
def _opened(catalog: Path) -> Iterator[sqlite3.Connection | None]:
    """The catalog in one transaction; None where there is none yet."""
    if not catalog.exists():
        yield None
        return
    with closing(sqlite3.connect(catalog, timeout=_SECONDS, isolation_level=None)) as connection:
        if not connection.execute("select 1 from sqlite_master where name = 'ducklake_table_column_stats'").fetchone():
            yield None
            return
        connection.execute("begin immediate")
        try:
            yield connection
        except BaseException:
            connection.execute("rollback")
            raise
        connection.execute("commit")
