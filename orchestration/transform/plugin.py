"""The dbt-duckdb plugin that makes dbt's connection equal to ours: extensions from wheels, declassifier macros.

dbt-duckdb loads it by name from the generated profile, before it attaches the lake.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from contracts.sql_text import literal
from lake.attach import EXTENSIONS, extension_file
from lake.cores import threads_for_folder, use_threads
from lake.engine_macros import install_macros


class Plugin(BasePlugin):
    """Configures every connection that dbt opens.

    In its profile entry `keys` is the folder of the pseudonym key, `data` the lake's, `threads` the most to work with.
    """

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Take the profile entry."""
        self._keys, self._data = Path(plugin_config["keys"]), Path(plugin_config["data"])
        self._threads = int(plugin_config["threads"])

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Load the extensions and attach `zt`; nothing is drawn on standard output."""
        conn.execute("set enable_progress_bar = false")
        use_threads(conn, threads_for_folder(self._data, self._threads))
        for name in EXTENSIONS:
            conn.execute(f"load {literal(str(extension_file(name)))}")
        install_macros(conn, self._keys)
