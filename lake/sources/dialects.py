"""What differs between the databases that are asked: how one connects, quotes, casts, and what their refusals mean.

The only place with SQL of PostgreSQL or MySQL. What is asked, and what becomes of it, is `extracting`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from contracts.model import Database
from contracts.sql_text import identifier, literal

_SOURCE = "src"


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

    def opening(self, database: Database, user: str, password: str) -> list[str]:
        """SQL that attaches the database, reading only. It holds the password, and is never shown."""
        return [
            *self.settings,
            f"create secret asked (type {self.secret_type}, host {literal(database.host)}, port {database.port}, "
            f"user {literal(user)}, password {literal(password)}, database {literal(database.database)})",
            f"attach {literal(self.options)} as {_SOURCE} (type {self.secret_type}, read_only, secret asked)",
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
    ),
    "mysql": Dialect(
        name="MySQL",
        extension="mysql_scanner",
        secret_type="mysql",  # noqa: S106 - a word of DuckDB's, no password
        options="",
        settings=(),
        quoted=_backticks,
        text=lambda cell: f"cast({cell} as char character set utf8mb4)",
    ),
}

AWAY, LOCKED, FORBIDDEN, GONE, WRONG, BROKEN = "away", "locked", "forbidden", "gone", "wrong", "broken"
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


def meaning(said: str) -> str:
    """What a database's refusal is about, by its words; they themselves may quote a value, and go no further."""
    first = said.lower().split("line 1:", 1)[0]
    return next((means for words, means in _MEANS if words in first), BROKEN)
