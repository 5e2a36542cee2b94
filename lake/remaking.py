"""A lake whose pseudonym key is lost for good, made fit for another: whoever resolves that has it remade.

What was delivered is kept and written anew, for its sealed statistics are lost with the key, and whoever added to it
would lose rows. What models made is dropped, with every city id in it: the next run makes it under the new key. Who may
decide that is `resolving`'s.
"""

from __future__ import annotations

from contracts.sql_text import identifier
from lake.attach import open_lake, seal_lake
from lake.settings import Settings
from lake.statistics import forget_sealed, opens
from sharing.keyring import open_pseudonym

_DELIVERED = ("store", "meta")


def remake_lake(settings: Settings) -> bool:
    """Remake the lake if its key is another than it was sealed with, and say whether it was. Nobody may be writing.

    A crash on the way leaves what was sealed in its place, and the next call begins again.
    """
    if not settings.catalog.exists() or opens(settings.catalog, open_pseudonym(settings.key_place)):
        return False
    with open_lake(settings, unseal=False) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'lake' order by all"
        ).fetchall()
        for schema, table in tables:
            name = f"lake.{identifier(schema)}.{identifier(table)}"
            kept = schema in _DELIVERED
            connection.execute(f"create or replace table {name} as from {name}" if kept else f"drop table {name}")
    forget_sealed(settings.catalog)
    seal_lake(settings)
    return True
