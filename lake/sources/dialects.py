"""What differs between the databases that are asked: how one connects, quotes, casts, and what is asked of a session.

The only place with SQL of PostgreSQL or MySQL. What is asked is `asking`'s, which rows are wanted `extracting`'s, and
what a refusal means `database_answers`'s.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from contracts.model import Database
from contracts.sql_text import identifier, literal

_SOURCE = "src"
# How long a lock is waited for, and an answer, in seconds: the city's lake waits meanwhile.
_LOCK, _ANSWER = 30, 3600
# Where no file of roots is named, those that the machine trusts.
ROOTS = ssl.get_default_verify_paths().cafile or ssl.get_default_verify_paths().openssl_cafile


@dataclass(frozen=True)
class Dialect:
    """One kind of database: the extension that reaches it, its quotes, and a cell as the text that the server has.

    `marks` are the types that a mark may have, in the words of what `typed` asks the server, or else of DuckDB's.
    `binary` is DuckDB's word for columns of bytes, among which are those of bits, whose text is made by `bits`; of the
    others `garbled` says whether a cell is no text, where the server would put `?` for it in silence. `session` is
    a question with what holds for it, by the zone of the contract.
    """

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
    session: Callable[[str, str], str]
    marks: re.Pattern[str]
    typed: Callable[[str, str], str]
    unique: Callable[[Database], str]
    plain: Callable[[Callable[[str], str]], Callable[[str], str]]
    bits: Callable[[str], str]
    garbled: Callable[[str], str]
    binary: str = ""

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

    def asked(self, sql: str, zone: str) -> str:
        """SQL for DuckDB: what the server gives to a query of its own."""
        return f"{self.secret_type}_query({literal(_SOURCE)}, {literal(self.session(sql, zone))})"

    def rows(self, database: Database) -> str:
        """The server's SQL of what is asked for, called q."""
        if database.query:
            return f"({database.query}\n) q"
        return ".".join(self.quoted(part) for part in (database.schema, database.table) if part) + " q"

    def told(self, name: str, text: Callable[[str], str]) -> str:
        """The server's SQL of a column as text."""
        return f"{text(f'q.{self.quoted(name)}')} as {self.quoted(name)}"

    @staticmethod
    def value(mark: int | datetime | date) -> str:
        """A mark in the server's SQL."""
        if isinstance(mark, int):
            return str(mark)
        if isinstance(mark, datetime):
            return f"timestamp{'tz' if mark.tzinfo else ''} {literal(mark.isoformat(sep=' '))}"
        return f"date {literal(mark.isoformat())}"


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


def _pg_options() -> str:
    """Libpq's words of a session whose text is everywhere the same, that changes nothing and waits for nobody long."""
    told = {
        "datestyle": "ISO,YMD", "timezone": "UTC", "intervalstyle": "postgres", "extra_float_digits": 3,
        "bytea_output": "hex", "xmlbinary": "base64", "xmloption": "content", "lc_monetary": "C", "lc_numeric": "C",
        "lc_time": "C", "standard_conforming_strings": "on", "quote_all_identifiers": "off",
        "default_transaction_read_only": "on", "lock_timeout": f"{_LOCK}s", "statement_timeout": f"{_ANSWER}s",
    }  # fmt: skip
    options = " ".join(f"-c {name}={value}" for name, value in told.items())
    # A host that is cut off meanwhile is noticed.
    alive = "keepalives_idle=30 keepalives_interval=10 keepalives_count=3 tcp_user_timeout=60000"
    return f"connect_timeout=10 client_encoding=UTF8 {alive} options='{options}'"


def _pg_typed(column: str, rows: str) -> str:
    """SQL of the name of a column's type; of a domain, that of what it is made of."""
    return (
        "select format_type(case t.typtype when 'd' then t.typbasetype else t.oid end, null) as kind from (select 1) o "
        f"left join (select * from {rows} limit 0) q on true "
        f"join pg_catalog.pg_type t on t.oid = pg_typeof(q.{identifier(column)})"
    )


def _pg_unique(database: Database) -> str:
    table = ".".join(identifier(part) for part in (database.schema, database.table) if part)
    # An index holds for one table, and not for those that inherit of it; a partitioned table's holds for all of it.
    return (
        "select count(*)::text as n from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indrelid "
        "join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0] "
        f"where i.indrelid = to_regclass({literal(table)}) and a.attname = {literal(database.mark)} "
        "and i.indisunique and i.indisvalid and i.indnkeyatts = 1 and i.indpred is null "
        "and (c.relkind = 'p' or not exists (select from pg_catalog.pg_inherits h where h.inhparent = c.oid))"
    )


def _pg_plain(one: Callable[[str], str]) -> Callable[[str], str]:
    """A database that says no encoding gives bytes for text: they are held against UTF-8 there."""
    if one("select current_setting('server_encoding') as encoding") != "SQL_ASCII":
        return _pg_text
    return lambda cell: f"convert_from(convert_to({_pg_text(cell)}, 'SQL_ASCII'), 'UTF8')"


def _pg_text(cell: str) -> str:
    return f"cast({cell} as text)"


def _my_session(sql: str, zone: str) -> str:
    """A question with what holds for it: for MariaDB in words that MySQL takes for a comment, for MySQL in hints.

    TIMESTAMP is told in the zone of the contract, whatever the server's is; a limit of rows is lifted.
    """
    told = {"lock_wait_timeout": _LOCK, "time_zone": literal(_offset(zone)), "sql_select_limit": 2**64 - 1}
    own = {
        "max_statement_time": _ANSWER, "lc_time_names": "'en_US'",
        "sql_mode": "replace(@@sql_mode, 'PAD_CHAR_TO_FULL_LENGTH', '')",
    }  # fmt: skip
    setting = ", ".join(f"{name}={value}" for name, value in (told | own).items())
    hints = " ".join(f"SET_VAR({name}={value})" for name, value in told.items())
    hinted = sql.replace("select ", f"select /*+ MAX_EXECUTION_TIME({_ANSWER}000) {hints} */ ", 1)
    return f"/*M! set statement {setting} for */ {hinted}"


def _offset(zone: str) -> str:
    """A zone as an offset where it has one of its own, which a server without names of zones knows."""
    offsets = {datetime(year, month, 1, tzinfo=ZoneInfo(zone)).strftime("%z") for year in _YEARS for month in (1, 7)}
    found = offsets.pop()
    return zone if offsets else f"{found[:3]}:{found[3:]}"


def _my_unique(database: Database) -> str:
    same = "i.table_schema = s.table_schema and i.table_name = s.table_name and i.index_name = s.index_name"
    return (
        "select cast(count(*) as char) as n from information_schema.statistics s where s.table_schema = database() "
        f"and s.table_name = {literal(database.table)} and s.column_name = {literal(database.mark)} "
        "and s.non_unique = 0 and s.sub_part is null "
        f"and not exists (select 1 from information_schema.statistics i where {same} and i.seq_in_index > 1)"
    )


def _my_text(cell: str) -> str:
    return f"cast({cell} as char character set utf8mb4)"


def _my_garbled(cell: str) -> str:
    return f"charset({cell}) = 'binary' and not (cast({_my_text(cell)} as binary) <=> cast({cell} as binary))"


_YEARS = range(1992, 2038)
DIALECTS: Mapping[str, Dialect] = {
    "postgresql": Dialect(
        name="PostgreSQL",
        extension="postgres_scanner",
        secret_type="postgres",  # noqa: S106 - a word of DuckDB's, no password
        options=_pg_options(),
        settings=(),
        quoted=identifier,
        text=_pg_text,
        connected=_libpq,
        sealed=lambda *_: "",
        session=lambda sql, _: sql,
        marks=re.compile("smallint|integer|bigint|numeric|date|timestamp with(out)? time zone"),
        typed=_pg_typed,
        unique=_pg_unique,
        plain=_pg_plain,
        bits=_pg_text,
        garbled=lambda _: "false",
    ),
    "mysql": Dialect(
        name="MySQL",
        extension="mysql_scanner",
        secret_type="mysql",  # noqa: S106 - a word of DuckDB's, no password
        options="",
        settings=("set mysql_bit1_as_boolean = false", "set mysql_tinyint1_as_boolean = false"),
        quoted=_backticks,
        text=_my_text,
        connected=lambda *_: "",
        sealed=_mysql,
        session=_my_session,
        marks=re.compile(r"U?(TINY|SMALL|BIG)?INT(EGER)?|DECIMAL\(\d+,0\)|DATE|TIMESTAMP( WITH TIME ZONE)?"),
        typed=lambda *_: "",
        unique=_my_unique,
        plain=lambda _: _my_text,
        bits=lambda cell: _my_text(f"cast({cell} as unsigned)"),
        garbled=_my_garbled,
        binary="BLOB",
    ),
}
