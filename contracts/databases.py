"""A dataset that is asked of a department's database: the ODCS server of such a contract as a `Source`.

Only what the contract says. How a database is asked, and with whose password, is `lake/sources/`'s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated
from zoneinfo import available_timezones

from open_data_contract_standard.model import Server
from pydantic import Field

from contracts.declarations import Declaration, Text
from contracts.documents import Document, YamlPath
from contracts.faults import nearest
from contracts.model import Dataset, DeliveryMode
from contracts.odcs_extras import Places, extras
from contracts.source import TLS, Database, Source

# ODCS's words for a server's type -> the database that is asked.
KINDS: Mapping[str, str] = {"postgresql": "postgresql", "postgres": "postgresql", "mysql": "mysql", "mariadb": "mysql"}
# What no reader asks: the way that is open instead (docs/sources.md).
ELSEWHERE: Mapping[str, str] = dict.fromkeys(
    ("oracle", "sqlserver", "dameng", "dm", "kingbase", "informix", "db2", "odbc", "jdbc"),
    "type: local, and an export to Parquet below the deliveries by ODBC or SQLAlchemy, as docs/sources.md shows",
) | {"kingbase": "type: postgresql where the server speaks PostgreSQL's protocol; else an export (docs/sources.md)"}
_PORTS = {"postgresql": 5432, "mysql": 3306}
_READ = {"server", "type", "host", "port", "database", "schema_", "customProperties", "id", "description"}
_DURATION = re.compile(r"(\d{1,6}) (second|minute|hour|day)s?")
SECRET_NAME = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")
_OVERLAP = 'a whole number for numbers; "90 minutes", "2 hours", "1 day" for dates and times'


class MarkDeclaration(Declaration):
    """The column that grows with each row that is new or changed, and how far below its last value to look again."""

    column: Text
    overlap: Annotated[int, Field(strict=True, ge=0)] | Text = 0


class DatabaseExtras(Declaration):
    """What ODCS's own keys do not say of a database that is asked."""

    secret: Text
    table: Text | None = None
    query: Text | None = None
    high_water_mark: MarkDeclaration | None = None
    nulls: tuple[str, ...] = ()
    ignored_headers: tuple[str, ...] = ()
    zone: Text = "Asia/Shanghai"
    tls: Text = "offered"


def read_database(document: Document, at: YamlPath, server: Server) -> Source | None:
    """The source that a server of a database's type declares; None after noting that none can be made out."""
    _check_keys(document, at, server)
    read, places = extras(document, at, server.customProperties, DatabaseExtras)
    if read is None:
        return None
    if (read.table is None) == (read.query is None):
        text = "what is asked for is not said once: a table, or a query"
        document.fault(places["table"], text, "{property: table, value: residents}, or a query")
    if not SECRET_NAME.fullmatch(read.secret):
        document.fault(places["secret"], f"secret is {read.secret!r}", "the name of a file of secrets: registry_db")
    if read.zone not in available_timezones():
        fix = nearest(read.zone, available_timezones())
        document.fault(places["zone"], f"there is no zone {read.zone!r}", fix)
    if read.tls not in TLS:
        document.fault(places["tls"], f"tls is {read.tls!r}", f"one of {', '.join(TLS)}")
    mark = read.high_water_mark
    overlap = _overlap(mark.overlap) if mark else 0
    if overlap is None:
        document.fault(places["high_water_mark"], f"overlap is {mark.overlap!r}" if mark else "", _OVERLAP)
    kind = KINDS[server.type or ""]
    database = Database(
        kind=kind,
        host=server.host or "",
        port=server.port if isinstance(server.port, int) else _PORTS[kind],
        database=server.database or "",
        schema=server.schema_ or "",
        secret=read.secret,
        table=read.table or "",
        query=(read.query or "").strip().rstrip(";"),
        mark=mark.column if mark else "",
        overlap=overlap or 0,
        tls=read.tls,
    )
    return Source(
        path=f"{kind}/{read.table or 'query'}",
        format="parquet",
        nulls=read.nulls,
        ignored_headers=read.ignored_headers,
        zone=read.zone,
        place=database,
    )


def _check_keys(document: Document, at: YamlPath, server: Server) -> None:
    for key in ("host", "database"):
        if not getattr(server, key):
            document.fault((*at, key), f"{key} is missing", f"{key}: of the database that is asked")
    if server.schema_ and KINDS[server.type or ""] == "mysql":
        document.fault((*at, "schema"), "MySQL has no schemas in a database", "nothing: leave schema out")
    if server.port is not None and not (isinstance(server.port, int) and 1 <= server.port <= 65_535):
        document.fault((*at, "port"), f"port is {server.port}", "a number from 1 to 65535")
    for name, info in type(server).model_fields.items():
        key = info.alias or name
        if name not in _READ and getattr(server, name) is not None:
            document.fault((*at, key), f"{key} is not acted on for a database", f"nothing: leave {key} out")


def _overlap(declared: int | str) -> int | timedelta | None:
    if isinstance(declared, int):
        return declared
    found = _DURATION.fullmatch(declared)
    return timedelta(**{f"{found[2]}s": int(found[1])}) if found else None


def check_mark(document: Document, source: Source, mode: DeliveryMode, keyed: bool) -> None:
    """Notes what a mark, or its absence, makes of the delivery mode."""
    database = source.place
    if not isinstance(database, Database):
        return
    at: YamlPath = Places(("servers", 0))["high_water_mark"]
    if database.mark and mode is DeliveryMode.SNAPSHOT:
        text = "with a high_water_mark only rows above it come, and a snapshot replaces all that came before"
        document.fault(at, text, "delivery_mode: upsert (or append), or no high_water_mark")
    if not database.mark and mode is DeliveryMode.APPEND:
        text = "without a high_water_mark every row comes again with each run, and is added again"
        document.fault(at, text, "a high_water_mark, or delivery_mode: snapshot")
    if database.overlap and not keyed:
        text = "rows of the overlap come twice, and nothing tells them from new ones"
        document.fault(at, text, "a primaryKey, or no overlap")


def is_fetched(dataset: Dataset) -> bool:
    """Whether a dataset comes from elsewhere than the city's own folder: what lies there is told by going there."""
    return dataset.source.place is not None


def is_asked(dataset: Dataset) -> bool:
    """Whether a dataset is asked of a database, so that no file of it is delivered."""
    return isinstance(dataset.source.place, Database)
