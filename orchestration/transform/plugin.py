"""The dbt-duckdb plugin that makes dbt's connection equal to ours (extensions from wheels, macros), and locks it.

dbt-duckdb loads it by name from the generated profile, before it attaches the lake. Statements are judged by `sandbox`.
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
from lake.locks import lock
from sharing.keyring import KeyPlace, open_pseudonym


class Plugin(BasePlugin):
    """Configures every connection that dbt opens.

    In its profile entry `keys` is the folder of the pseudonym key, `passphrase` the file that opens it, `data` the
    lake's, `threads` the most to work with, `catalog` the lake's catalog, and `folders` what else the engine may open:
    to spill, and to read seeds.
    """

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Take the profile entry."""
        passphrase = plugin_config.get("passphrase")
        self._keys = KeyPlace(Path(plugin_config["keys"]), Path(passphrase) if passphrase else None)
        self._data = Path(plugin_config["data"])
        self._threads = int(plugin_config["threads"])
        self._catalog = Path(plugin_config["catalog"])
        self._folders = [self._data, *map(Path, plugin_config["folders"])]

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Load the extensions and attach `zt`; nothing is drawn on standard output."""
        conn.execute("set enable_progress_bar = false")
        use_threads(conn, threads_for_folder(self._data, self._threads))
        for name in EXTENSIONS:
            conn.execute(f"load {literal(str(extension_file(name)))}")
        install_macros(conn, open_pseudonym(self._keys))

    def configure_cursor(self, cursor: DuckDBPyConnection) -> None:
        """Lock the engine, once the lake is attached: dbt asks for a cursor only then."""
        lock(cursor, self._catalog, self._folders)
