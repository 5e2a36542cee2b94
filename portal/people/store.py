"""What the portal keeps of persons beside the ledger: digests of passwords, invitations, sessions, failures.

One SQLite file of its owner's alone. Nothing in it lets anybody in: passwords are Argon2 digests, sessions and
invitations are known by their SHA-256. Who may do what is declared, and not here; what happened is in the ledger.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from sharing.durable import make_folder
from sharing.keys import refuse_readable

_SCHEMA = """
create table if not exists passwords (person text primary key, digest text not null, set_at real not null);
create table if not exists invitations (code text primary key, person text not null, until real not null);
create table if not exists sessions (
  session text primary key, person text not null, citizen text not null, begun real not null, used real not null
);
create table if not exists failures (about text primary key, failed integer not null, until real not null);
create table if not exists flows (
  flow text primary key, provider text not null, nonce text not null, verifier text not null, next text not null,
  until real not null
);
"""


class Store:
    """The file, open. Safe to use from several threads; other processes may use it beside."""

    def __init__(self, path: Path) -> None:
        make_folder(path.parent)
        if path.exists():
            refuse_readable(path, "file of the portal's accounts")
        else:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        self._connection = sqlite3.connect(path, timeout=20, isolation_level=None, check_same_thread=False)
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        self._connection.executescript(_SCHEMA)
        self._lock = Lock()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """What a query finds."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> tuple[object, ...] | None:
        """The first that a query finds."""
        return next(iter(self.rows(sql, *values)), None)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing."""
        with self._lock:
            self._connection.execute("begin immediate")
            try:
                yield self._connection
                self._connection.execute("commit")
            except BaseException:
                self._connection.execute("rollback")
                raise


def accounts_file(state: Path) -> Path:
    """Where the file of a workspace's state lies."""
    return state / "portal" / "accounts.db"


def new_secret() -> str:
    """What nobody guesses, as text for cookies and addresses."""
    return secrets.token_urlsafe(32)


def known_as(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
