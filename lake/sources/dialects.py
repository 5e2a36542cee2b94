"""What differs between the databases that are asked: how one connects, quotes, casts, and what their refusals mean.

The only place with SQL of PostgreSQL or MySQL. What is asked, and what becomes of it, is `extracting`'s.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from contracts.model import Database
from contracts.sql_text import identifier, literal

_SOURCE = "src"
# Where no file of roots is named, those that the machine trusts.
ROOTS = ssl.get_default_verify_paths().cafile or ssl.get_default_verify_paths().openssl_cafile


@dataclass(frozen=True)
class Dialect:
    """One kind of database: the extension that reaches it, its quotes, and a cell as the text that the server has."""

    name: str
    extension: str
    secret_type: str
    options: str
    settings: tuple[str, ...]
    quoted: Callable[[str], str]
    text: Callable[[str], str]
    # What asks for a connection that is encrypted as `contracts.source.TLS` says, with the file of roots that count:
    # words of the connection, and parts of the secret.
    connected: Callable[[str, str], str]
    sealed: Callable[[str, str], str]

    def opening(self, database: Database, user: str, password: str, ca_file: str) -> list[str]:
        """SQL that attaches the database, reading only. It holds the password, and is never shown."""
        how = database.tls, ca_file or ROOTS
        options = " ".join(part for part in (self.options, self.connected(*how)) if part)
        return [
            *self.settings,
            f"create secret asked (type {self.secret_type}, host {literal(database.host)}, port {database.port}, "
            f"user {literal(user)}, password {literal(password)}, database {literal(database.database)}"
            f"{self.sealed(*how)})",
            f"attach {literal(options)} as {_SOURCE} (type {self.secret_type}, read_only, secret asked)",
        ]

    def asked(self, sql: str) -> str:
        """SQL for DuckDB: what the server gives to a query of its own."""
        return f"{self.secret_type}_query({literal(_SOURCE)}, {literal(sql)})"

    def rows(self, database: Database) -> str:
        """The server's SQL of what is asked for, called q."""
        if database.query:
            return f"({database.query}\n) q"
        return ".".join(self.quoted(part) for part in (database.schema, database.table) if part) + " q"

    def texts(self, names: list[str]) -> str:
        """The server's SQL of all columns as text, exactly as the server has them."""
        return ", ".join(f"{self.text(f'q.{self.quoted(name)}')} as {self.quoted(name)}" for name in names)


_LIBPQ = {"offered": "prefer", "encrypted": "require", "verified": "verify-full"}
_MYSQL = {"offered": "preferred", "encrypted": "required", "verified": "verify_identity"}


def _libpq(tls: str, roots: str) -> str:
    """Libpq's words: a value in quotes, with a backslash before what would end it."""
    named = roots.replace("\\", "\\\\").replace("'", "\\'")
    return f"sslmode={_LIBPQ[tls]}" + (f" sslrootcert='{named}'" if tls == "verified" else "")


def _mysql(tls: str, roots: str) -> str:
    """Parts of a secret. Without a file of roots, MariaDB's connector trusts whoever answers."""
    return f", ssl_mode {literal(_MYSQL[tls])}" + (f", ssl_ca {literal(roots)}" if tls == "verified" else "")


def _backticks(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


DIALECTS: Mapping[str, Dialect] = {
    "postgresql": Dialect(
        name="PostgreSQL",
        extension="postgres_scanner",
        secret_type="postgres",  # noqa: S106 - a word of DuckDB's, no password
        options="connect_timeout=10 options='-c datestyle=ISO,YMD -c timezone=UTC -c default_transaction_read_only=on'",
        settings=(),
        quoted=identifier,
        text=lambda cell: f"cast({cell} as text)",
        connected=_libpq,
        sealed=lambda *_: "",
    ),
    "mysql": Dialect(
        name="MySQL",
        extension="mysql_scanner",
        secret_type="mysql",  # noqa: S106 - a word of DuckDB's, no password
        options="",
        settings=(),
        quoted=_backticks,
        text=lambda cell: f"cast({cell} as char character set utf8mb4)",
        connected=lambda *_: "",
        sealed=_mysql,
    ),
}

AWAY, LOCKED, FORBIDDEN, GONE, WRONG, BROKEN = "away", "locked", "forbidden", "gone", "wrong", "broken"
UNPROVED = "unproved"
_MEANS: tuple[tuple[str, str], ...] = (
    ("password authentication failed", LOCKED),
    ("no password supplied", LOCKED),
    ("authentication failed", LOCKED),
    ("role", LOCKED),  # of a connection: `role "x" does not exist`, `is not permitted to log in`
    ("no pg_hba.conf entry", FORBIDDEN),
    ("to database", FORBIDDEN),  # MySQL: access denied for user … to database …
    ("access denied", LOCKED),
    ("permission denied", FORBIDDEN),
    ("command denied", FORBIDDEN),
    ("syntax", WRONG),
    ("does not exist", GONE),
    ("doesn't exist", GONE),
    ("unknown database", GONE),
    ("unknown column", GONE),
    ("translate host name", AWAY),
    ("unknown server host", AWAY),
    ("connect", AWAY),
    ("timeout", AWAY),
    ("gone away", AWAY),
    ("terminat", AWAY),
)


# Of what went wrong while connecting; a table may have a column called certificate.
_UNPROVED = ("certificate", "ssl error", "support ssl")


def meaning(said: str) -> str:
    """What a database's refusal is about, by its words; they themselves may quote a value, and go no further."""
    first = said.lower().split("line 1:", 1)[0]
    if " to connect to " in first:  # DuckDB repeats how it was told to connect, between quotes, before what went wrong
        first = first.partition('": ')[2] or first
        if any(words in first for words in _UNPROVED):
            return UNPROVED
    return next((means for words, means in _MEANS if words in first), BROKEN)
