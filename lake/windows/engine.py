"""An engine that holds one window's rows under the names that signs ask for, and nothing else of the city.

The SQL that lineage judged is the SQL that runs here, to the letter: `lake.raw.<feed>` is the rows of one window, and
every other table a copy of what the lake had as windows were made. No file can be reached from here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from contracts.sql_text import identifier, literal
from contracts.windows import Sign
from lake.attach import EXACT
from lake.engine_macros import install_macros
from lake.settings import Settings
from lake.windows.records import Value
from sharing.keyring import open_pseudonym

_INCOMING = "incoming"
_ENDLESS = "what it comes to is no number (inf or NaN) of {places}; divide by nullif(…, 0)"
_NULL = "its SQL comes to no value (null) of the whole city"
_SHOWN = 3


class SignUnclear(Exception):
    """A sign told two values of one district, or of the city."""

    def __init__(self, sign: str, district: str) -> None:
        self.sign, self.district = sign, district
        where = f"the district {district}" if district else "the whole city"
        super().__init__(f"sign {sign}: it tells two values of {where}; group by district, once")


@dataclass(frozen=True)
class Measured:
    """What a sign tells of a window; `why` says why it, or some district of it, has no value, and `fault` that this is
    none that its SQL means."""

    values: tuple[Value, ...]
    why: str = ""
    fault: bool = False


class SignEngine:
    """Signs of one window after the other. Use `sign_engine`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def copy(self, name: str, rows: pa.Table) -> None:
        """A table of the lake that does not hang on the window."""
        schema, table = name.split(".", 1)
        self.connection.execute(f"create schema if not exists lake.{identifier(schema)}")
        self._make(f"lake.{identifier(schema)}.{identifier(table)}", rows)

    def place(self, table: str, rows: pa.Table, columns: Sequence[str]) -> None:
        """Rows of a feed, of any number of windows; what signs see of them is that of the `current` one."""
        placed = f"lake.work.{identifier(table)}"
        self._make(placed, rows)
        names = ", ".join(map(identifier, columns)) or "_start"
        self.connection.execute(
            f"create or replace view lake.raw.{identifier(table)} as select {names} from {placed} "
            "where _start = (select start from lake.work.current)"
        )

    def _make(self, name: str, rows: pa.Table) -> None:
        self.connection.register(_INCOMING, rows)
        self.connection.execute(f"create or replace table {name} as select * from {_INCOMING}")
        self.connection.unregister(_INCOMING)

    def turn_to(self, start: int) -> None:
        """Have signs see the rows of this window."""
        self.connection.execute(f"create or replace table lake.work.current as select {start}::bigint as start")

    def measured(self, sign: Sign) -> Measured:
        """What a sign tells of the window it was turned to. Raises `SignUnclear`, and what the engine has to say."""
        district = "coalesce(cast(district as varchar), '')" if sign.district else "''"
        rows = self.connection.execute(
            f"select {district}, round(cast(value as double), {sign.decimals}) from ({sign.sql}) order by 1"
        ).fetchall()
        found: dict[str, float | None] = {}
        for where, value in rows:
            if where in found:
                raise SignUnclear(sign.name, where)
            found[where] = value
        endless = [where for where, value in found.items() if value is not None and not math.isfinite(value)]
        values = tuple(Value(sign.name, where, None if where in endless else value) for where, value in found.items())
        if endless:
            return Measured(values, _ENDLESS.format(places=_places(endless)), fault=True)
        return Measured(values, "" if found.get("") is not None else _NULL)


@contextmanager
def sign_engine(settings: Settings, references: Mapping[str, pa.Table]) -> Iterator[SignEngine]:
    """An engine with these tables beside the windows' rows; closed at the end."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": settings.threads,
        "memory_limit": settings.memory_limit,
        "temp_directory": str(settings.scratch / "signs"),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        **EXACT,
    }
    with duckdb.connect(config=config) as connection:
        connection.execute("set enable_progress_bar = false; set enable_external_access = false")
        connection.execute("attach ':memory:' as lake; create schema lake.raw; create schema lake.work")
        install_macros(connection, open_pseudonym(settings.key_place))
        engine = SignEngine(connection)
        engine.turn_to(0)
        for name, rows in references.items():
            engine.copy(name, rows)
        yield engine


def _places(districts: Sequence[str]) -> str:
    """Some places of a sign, the first few by name."""
    names = [f"the district {one}" if one else "the whole city" for one in districts[:_SHOWN]]
    more = len(districts) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def listed(values: Sequence[int | str]) -> str:
    """Values for an SQL list."""
    return ", ".join(str(one) if isinstance(one, int) else literal(one) for one in values)
