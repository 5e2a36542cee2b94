"""The digests of the lake's own files: written down as they come to be, so that a changed byte can be named later.

The list lies beside the lake, its digest in the ledger. What is wrong with a file is `proof`'s to say.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path

from lake.city import City
from lake.settings import Settings
from sharing.canonical import canonical_json, file_digest
from sharing.durable import write_file

KIND, SUBJECT = "files", "lake"


def live_files(city: City, of: Collection[str] | None = None) -> dict[str, str]:
    """File below the lake's data folder -> the table whose rows it holds, of all the newest snapshot is made of; or of
    some tables of it (`<schema>.<table>`) alone.
    """
    tables = city.connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'lake' order by 1, 2"
    ).fetchall()
    found: dict[str, str] = {}
    for schema, table in tables:
        if of is not None and f"{schema}.{table}" not in of:
            continue
        rows = city.connection.execute(
            f"select data_file, delete_file from ducklake_list_files('lake', '{table.replace(chr(39), chr(39) * 2)}', "
            f"schema => '{schema}')"
        ).fetchall()
        for file in (one for row in rows for one in row if one):
            found[str(Path(file).relative_to(city.settings.lake_data))] = f"{schema}.{table}"
    return found


def record_files(city: City, of: Collection[str] | None = None) -> None:
    """Digest the live files that are new, forget those that are gone, and note the list in the ledger if it changed.

    Where it is known which tables were written to (`<schema>.<table>`), only these are looked at.
    """
    known, live = known_files(city.settings), live_files(city, of)
    if of is not None:
        beside = tuple(f"{name.replace('.', '/', 1)}/" for name in of)
        live = {**{name: "" for name in known if not name.startswith(beside)}, **live}
    digests = {
        name: known.get(name) or file_digest(city.settings.lake_data / name)
        for name in sorted(live)
        if (city.settings.lake_data / name).is_file()
    }
    if digests == known and city.ledger.latest(KIND, SUBJECT):
        return
    text = canonical_json(digests)
    write_file(manifest(city.settings), text)
    body = {"subject": SUBJECT, "digest": hashlib.sha256(text).hexdigest(), "count": len(digests)}
    city.ledger.append(KIND, {**body, "run_id": city.run_id} if city.run_id else body, city.now())


def manifest(settings: Settings) -> Path:
    """Where the list of digests lies."""
    return settings.state / "lake-files.json"


def known_files(settings: Settings) -> Mapping[str, str]:
    """File -> the digest that was written down; empty where there is no list, or none that can be read."""
    try:
        found = json.loads(manifest(settings).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
