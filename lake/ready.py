"""An engine that is ready for whoever reads the lake next: with its extensions loaded, and nothing of the lake in it.

The lake is attached for each look and detached after it, so that each sees it as it is then, and whoever writes, moves
or restores it meets no reader that is left. What is kept is what costs most of a look: the engine itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Timer

import duckdb

from lake.attach import bare_connection, reading
from lake.scratch import reader_spill
from lake.settings import Settings

_SECONDS = 60.0


class Ready:
    """At most one engine, kept for so many seconds after it was used. Safe to use from several threads."""

    def __init__(self, settings: Settings, seconds: float = _SECONDS) -> None:
        self._settings, self._seconds = settings, seconds
        self._lock = Lock()
        self._kept: duckdb.DuckDBPyConnection | None = None
        self._ending: Timer | None = None

    @contextmanager
    def lake(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The lake, for reading. Raises `LakeUnreadable`. Of several at once each has an engine of its own."""
        connection = self._take() or bare_connection(self._settings, reader_spill(os.getpid()))
        try:
            with reading(connection, self._settings):
                yield connection
        except BaseException:
            connection.close()  # in what state it is nobody knows
            raise
        self._keep(connection)

    def close(self) -> None:
        """End the one that is kept."""
        connection = self._take()
        if connection is not None:
            connection.close()

    def _take(self) -> duckdb.DuckDBPyConnection | None:
        with self._lock:
            found, self._kept = self._kept, None
            if self._ending is not None:
                self._ending.cancel()
                self._ending = None
            return found

    def _keep(self, connection: duckdb.DuckDBPyConnection) -> None:
        with self._lock:
            if self._kept is None:
                self._kept = connection
                self._ending = Timer(self._seconds, self.close)
                self._ending.daemon = True
                self._ending.start()
                return
        connection.close()
