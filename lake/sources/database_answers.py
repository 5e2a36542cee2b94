"""What a database's refusals mean, in words of ours: its own may quote a value, or how one connects.

Told by the words of PostgreSQL, MySQL and DuckDB. What was asked stands in quotes in them, and is no part of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from contracts.model import Dataset
from contracts.source import Database
from lake.readers.refusal import DeliveryRefused
from lake.sources.words import SourceAway, SourceBroken, SourceGone, SourceLocked

AWAY, LOCKED, FORBIDDEN, GONE, WRONG, BROKEN = "away", "locked", "forbidden", "gone", "wrong", "broken"
UNPROVED, LATE, HELD, CHANGES, TWICE, VALUES, BYTES = "unproved", "late", "held", "changes", "twice", "values", "bytes"
ZONE = "zone"
_MEANS: tuple[tuple[str, str], ...] = (
    ("lock timeout", HELD),
    ("lock wait timeout", HELD),
    ("statement timeout", LATE),
    ("max_statement_time", LATE),
    ("maximum statement execution time", LATE),
    ("read-only", CHANGES),
    ("read only", CHANGES),
    ("data-modifying", CHANGES),
    ("must be a select", CHANGES),
    ("is ambiguous", TWICE),
    ("duplicate column name", TWICE),
    ("byte sequence", BYTES),
    ("incorrect time zone", ZONE),
    ("division by zero", VALUES),
    ("out of range", VALUES),
    ("invalid input syntax", VALUES),
    ("invalid value for", VALUES),
    ("password authentication failed", LOCKED),
    ("no password supplied", LOCKED),
    ("authentication failed", LOCKED),
    ("role ''", LOCKED),  # of a connection: `role "x" does not exist`, `is not permitted to log in`
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
_QUOTED = re.compile(r'"[^"]*"|`[^`]*`|(?<![a-z])\'[^\']*\'')


def meaning(said: str) -> str:
    """What a database's refusal is about."""
    answer = _answer(said.lower())
    if not answer:  # what MySQL's driver says of a question that was cut off while rows came
        return LATE
    if " to connect to " in said.lower() and any(words in answer for words in _UNPROVED):
        return UNPROVED
    return next((means for words, means in _MEANS if words in answer), BROKEN)


def _answer(said: str) -> str:
    """What the server said, without what it was asked, and without the names and values that it quotes."""
    first = said.split("line 1:", 1)[0].strip()
    if " to connect to " in first:  # DuckDB repeats how it was told to connect, between quotes, before what went wrong
        first = first.partition('": ')[2] or first
    elif "error:  " in first:
        first = first.rpartition("error:  ")[2]
    elif " mysql query " in first and '":' in first:
        first = first.rpartition('":')[2].strip()
    return _QUOTED.sub("''", first)


def refused(dataset: Dataset, place: str, said: str) -> DeliveryRefused:
    """A database's refusal, by its kind."""
    assert isinstance(dataset.source.place, Database)
    other = (SourceBroken, "it gave no whole answer", "Run again; if it persists, ask its administrator.")
    kind, what, fix = _words(dataset.source.place).get(meaning(said), other)
    return kind(dataset.id, dataset.source.path, what, place, fix)


def _words(database: Database) -> Mapping[str, tuple[type[DeliveryRefused], str, str]]:
    secret, sql = database.secret, {"postgresql": "PostgreSQL"}.get(database.kind, "MySQL")
    return {
        AWAY: (
            SourceAway,
            "the database does not answer, or broke off",
            "See whether it runs and lets this machine in; the next run asks again.",
        ),
        HELD: (
            SourceAway,
            "somebody holds a lock on what is asked for, and did not let go of it in 30 seconds",
            "The next run asks again; if it persists, have the department see who works on the table then.",
        ),
        LATE: (
            SourceAway,
            "it broke off, or did not answer in the hour that a question may take",
            "Ask for less (a high_water_mark, a simpler query), or have an index made; the next run asks again.",
        ),
        LOCKED: (
            SourceLocked,
            f"it refuses the user or the password of the secret {secret}",
            f"Have the department's new password, and write it into {secret}.yml in the folder of secrets.",
        ),
        FORBIDDEN: (
            SourceLocked,
            f"the user of the secret {secret} may not read what is asked for",
            "Have the department grant it SELECT, and let this machine in.",
        ),
        GONE: (
            SourceGone,
            "there is no such database, table or column (any more)",
            "Ask the department what it was renamed to, and correct servers in the contract.",
        ),
        UNPROVED: (
            SourceLocked,
            f"it does not encrypt, or does not prove who it is, as tls: {database.tls} asks: it was told nothing",
            "Ask its administrator for the certificate of its authority, and name that file as "
            f"ca_file in {secret}.yml.",
        ),
        WRONG: (
            SourceGone,
            "it does not understand the query",
            f"Correct query in the contract: one SELECT, in {sql}'s SQL.",
        ),
        CHANGES: (
            SourceBroken,
            "what is asked would change something there, or gives no rows: a query may only read",
            f"Correct query in the contract: one SELECT, in {sql}'s SQL.",
        ),
        TWICE: (
            SourceBroken,
            "two columns of what is asked have one name",
            "Correct query in the contract: give each column a name of its own (… as …).",
        ),
        VALUES: (
            SourceBroken,
            "the query, or the view, computes what cannot be computed of some row (a division by zero, a text that is "
            "no number, a number out of range)",
            "Correct query in the contract, or have the department correct the view.",
        ),
        ZONE: (
            SourceBroken,
            "it does not know the zone of the contract, whose offset from UTC changes in a year",
            "Have its administrator load the names of zones (mysql_tzinfo_to_sql), or declare another zone.",
        ),
        BYTES: (
            SourceBroken,
            "some text there is not in the encoding that the database says, or the database says none (SQL_ASCII)",
            "Ask by a query that says which it is in: "
            "convert_from(convert(convert_to(name, 'SQL_ASCII'), 'GB18030', 'UTF8'), 'UTF8') as name.",
        ),
    }
