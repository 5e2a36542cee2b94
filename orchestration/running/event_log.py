"""Dagster's event log on one SQLite file that stays open; configured in the workspace's dagster.yaml.

Dagster's own SQLite logs make an engine, a connection and a statement cache for each of a run's thousands of events.
What the events say is Dagster's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from threading import local
from typing import Any

from dagster import EventLogEntry
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable
from sqlalchemy import Connection, Engine, create_engine, event, inspect

_BUSY_SECONDS = 20
_PASSING = (
    *("STEP_OUTPUT", "RESOURCE_INIT_STARTED", "RESOURCE_INIT_SUCCESS", "LOGS_CAPTURED"),
    *("ASSET_MATERIALIZATION_PLANNED", "ASSET_CHECK_EVALUATION_PLANNED"),
)
"""Half of what a run writes. Dagster asks for it again where a run that failed is taken up from its failure."""


class OpenSqliteEventLog(ConsolidatedSqliteEventLogStorage):
    """The consolidated SQLite event log, its engine made once per process."""

    @cached_property
    def _engine(self) -> Engine:
        engine = create_engine(self._conn_string, connect_args={"timeout": _BUSY_SECONDS})
        event.listen(engine, "connect", _relax)
        return engine

    @cached_property
    def _open(self) -> local:
        return local()

    @cached_property
    def _there(self) -> set[str]:
        return set()

    @contextmanager
    def _connect(self) -> Iterator[Connection]:
        """A connection in a transaction: this thread's, where it has one open."""
        held = getattr(self._open, "connection", None)
        if held is not None:
            yield held
            return
        with self._engine.begin() as connection:
            self._open.connection = connection
            try:
                yield connection
            finally:
                self._open.connection = None

    def store_event(self, event: EventLogEntry) -> None:
        """Store an event and what follows from it, in one transaction."""
        with self._connect():
            super().store_event(event)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events in one transaction."""
        with self._connect():
            super().store_event_batch(events)

    def delete_events_for_run(self, conn: Connection, run_id: str) -> None:
        """Delete a run's events, and its checks, which Dagster itself would keep for ever."""
        super().delete_events_for_run(conn, run_id)
        conn.execute(AssetCheckExecutionsTable.delete().where(AssetCheckExecutionsTable.c.run_id == run_id))

    def thin(self, run_ids: Sequence[str]) -> int:
        """Forget of these runs what says only that something was about to happen, or was handed on; how many events."""
        table = SqlEventLogStorageTable
        chosen = table.c.run_id.in_(run_ids) & table.c.dagster_event_type.in_(_PASSING)
        with self._connect() as connection:
            return int(connection.execute(table.delete().where(chosen)).rowcount)

    def has_table(self, table_name: str) -> bool:
        """Whether the log has a table: it stays once it is there, and Dagster asks before every check result."""
        if table_name not in self._there:
            with self._connect() as connection:
                if not inspect(connection).has_table(table_name):
                    return False
            self._there.add(table_name)
        return True

    def dispose(self) -> None:
        """Close what is open."""
        super().dispose()
        self._engine.dispose()


def _relax(connection: Any, _: Any) -> None:
    # Some thousand commits a run, none of them evidence: they need not wait for the disk.
    connection.execute("pragma synchronous = off")
