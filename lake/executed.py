"""Which SQL made the rows that a model's table holds: written down as models end, and read back by table version.

Lineage that says where a product's columns come from must be of the texts named here, and not of what a file says now.
A table that was replaced whole has one text; one that was added to has every text since it was last replaced. Nothing
is judged here, and no SQL is run but to tell versions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lake.city import City
from sharing.chain import Entry
from sharing.ledger import Ledger

_TEXT, _TABLE = "sql", "executed"


@dataclass(frozen=True)
class Ran:
    """A model that dbt ran well: its table (`<schema>.<name>`), the SQL that the engine was asked, and whether that
    replaced the whole table; where it only added, `before` is the version that stood before."""

    table: str
    text: str
    whole: bool
    before: str | None = None


@dataclass(frozen=True)
class ExecutedText:
    """One text whose rows may be in a table: the SQL, and its SHA-256 in hex."""

    relation: str
    digest: str
    text: str


def text_digest(text: str) -> str:
    """By which a compiled text is known: SHA-256 in hex of the text as dbt hands it to the engine, without its ends."""
    return hashlib.sha256(text.strip().encode()).hexdigest()


def standing_versions(city: City, tables: Iterable[str]) -> dict[str, str]:
    """Table -> version of what its models made: of a view its definition, since its rows are not made but asked for."""
    wanted = list(tables)
    views = city.connection.execute(
        "select schema_name || '.' || view_name, sql from duckdb_views() where database_name = 'lake' and not internal"
    ).fetchall()
    defined = {str(name): f"view-{text_digest(str(sql))}" for name, sql in views}
    counted = city.versions().of(table for table in wanted if table not in defined)
    return {table: defined.get(table) or counted[table] for table in wanted if table in defined or table in counted}


def record_executed(city: City, ran: Iterable[Ran]) -> None:
    """Append which texts the rows of each table are now from; what the ledger has already is not repeated."""
    models = list(ran)
    known, versions = city.ledger.current(_TABLE), standing_versions(city, [one.table for one in models])
    stored, items = set(city.ledger.current(_TEXT)), list[tuple[str, dict[str, object]]]()
    for one in models:
        digest, version = text_digest(one.text), versions.get(one.table)
        if version is None:
            continue
        if digest not in stored:
            stored.add(digest)
            items.append((_TEXT, {"digest": digest, "text": one.text.strip(), "run_id": city.run_id}))
        body: dict[str, object] = {"table": one.table, "version": version, "texts": _texts(one, digest, known)}
        last: Mapping[str, object] = known[one.table].body if one.table in known else {}
        if any(last.get(name) != value for name, value in body.items()):
            items.append((_TABLE, {**body, "run_id": city.run_id}))
    if items:
        city.ledger.append_many(items, city.now())


def _texts(one: Ran, digest: str, known: Mapping[str, Entry]) -> list[str]:
    """The digests of all texts whose rows may be there; none where not all of them are known."""
    if one.whole:
        return [digest]
    last: Mapping[str, Any] = known[one.table].body if one.table in known else {}
    if not last.get("texts") or last.get("version") != one.before:
        return []
    return list(dict.fromkeys([*last["texts"], digest]))


def earlier_texts(city: City, tables: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Relation -> every text that the ledger names of a table as it now stands, where it knows any.

    Lineage of a table that is added to is of these, too: rows of theirs may stay. Whether they are all that there are,
    `executed` says after the run."""
    known, texts = city.ledger.current(_TABLE), city.ledger.current(_TEXT)
    return {
        f"lake.{table}": tuple(texts[one].body["text"] for one in known[table].body["texts"] if one in texts)
        for table in tables
        if table in known
    }


def executed(city: City, tables: Iterable[str] | None = None) -> dict[str, tuple[ExecutedText, ...]]:
    """Relation (`lake.<schema>.<name>`) -> every text whose rows may be in the table that stands now.

    Of `tables`, else of all that were recorded. A table whose present version has no record (something else changed it,
    or a run died before it could write down what it did), or some of whose texts are not known, is left out: what is
    left out is not known, and withholds.
    """
    known = city.ledger.current(_TABLE)
    wanted = sorted(known if tables is None else known.keys() & set(tables))
    versions, texts = standing_versions(city, wanted), city.ledger.current(_TEXT)
    found = {}
    for table in wanted:
        body = known[table].body
        digests = body["texts"] if versions.get(table) == body["version"] else ()
        if digests and all(digest in texts for digest in digests):
            relation = f"lake.{table}"
            found[relation] = tuple(ExecutedText(relation, one, texts[one].body["text"]) for one in digests)
    return found


def latest_texts(ledger: Ledger) -> dict[str, str]:
    """Table (`<schema>.<name>`) -> the newest SQL that made rows of it, as recorded; whether it stands is not asked."""
    texts, found = ledger.current(_TEXT), dict[str, str]()
    for table, entry in ledger.current(_TABLE).items():
        digests = entry.body["texts"]
        if digests and digests[-1] in texts:
            found[table] = str(texts[digests[-1]].body["text"])
    return found
