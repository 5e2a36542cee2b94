"""What is known of each model, kept by the content that it was found out from.

Lives here: the cache of single models and its file. Must not live here: graphs in files (`store.py`), parsing.

An entry is found by the model's text and everything else that is the same for all models; it holds good only if
each table that the model's text named still resolves to the same relation with the same columns. So a changed model
is parsed again, and so is a model that reads it if the change altered its columns, and no other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from lineage.collection import no_collection
from lineage.from_sql import QueryLineage, lineage_of
from lineage.graph import ColumnRef, Edge, Unknown
from lineage.sql.catalog import Catalog

RULES = "9"  # raise this when the binder's answers change, so that no old answer outlives the rules that gave it


class ModelCache:
    """Lineage of models by content; starts empty, or from a file that `save` wrote."""

    def __init__(self, path: str | Path | None = None) -> None:
        self._entries: dict[str, dict] = {}
        self._used: set[str] = set()
        self.hits = self.misses = 0
        if path is not None and Path(path).exists():
            with no_collection():
                stored = json.loads(Path(path).read_text(encoding="utf-8"))
            if stored.get("rules") == RULES:
                self._entries = stored["models"]

    def save(self, path: str | Path) -> None:
        """Write the entries that were of use since the cache was made; the same content gives the same bytes."""
        kept = {key: self._entries[key] for key in sorted(self._used)}
        text = json.dumps({"rules": RULES, "models": kept}, ensure_ascii=False, separators=(",", ":"))
        Path(path).write_text(text, encoding="utf-8")

    def lineage(self, sql: str, catalog: Catalog, relation: str) -> QueryLineage:
        """`lineage_of`, from the cache where its answer still holds."""
        key = _digest(RULES, catalog.dialect, catalog.functions_digest, relation, sql)
        entry = self._entries.get(key)
        self._used.add(key)
        if entry is not None and _holds(entry["reads"], catalog):
            self.hits += 1
            return _thaw(entry)
        self.misses += 1
        catalog.lookups.clear()
        found = lineage_of(sql, catalog, relation)
        self._entries[key] = _freeze(found, sorted(catalog.lookups), catalog)
        return found


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _holds(reads: Sequence[Sequence], catalog: Catalog) -> bool:
    return all(catalog.fingerprint(tuple(parts)) == found for parts, found in reads)


def _freeze(found: QueryLineage, lookups: Sequence[tuple[str, ...]], catalog: Catalog) -> dict:
    names: dict[str, int] = {}
    number = lambda text: names.setdefault(text, len(names))  # noqa: E731
    edges = {
        column: [
            [
                number(e.source.relation),
                number(e.source.column),
                number(e.kind),
                number(e.transform),
                number(e.declassifier),
            ]
            for e in all_edges
        ]
        for column, all_edges in found.edges.items()
    }
    return {
        "reads": [[list(parts), catalog.fingerprint(parts)] for parts in lookups],
        "relation": found.relation,
        "columns": list(found.columns),
        "types": {name: kind for name, kind in found.types.items() if kind},
        "names": list(names),
        "edges": edges,
        "unknown": {column: [list(why) for why in all_why] for column, all_why in found.unknown.items()},
        "open": found.is_open,
    }


def _thaw(entry: Mapping) -> QueryLineage:
    relation, names = entry["relation"], entry["names"]
    refs: dict[tuple[int, int], ColumnRef] = {}
    new = tuple.__new__  # half a million edges: a NamedTuple's own constructor takes twice as long
    edges = {}
    for column, rows in entry["edges"].items():
        target = ColumnRef(relation, column)
        made = []
        for r, c, k, t, d in rows:
            source = refs.get((r, c))
            if source is None:
                source = refs[r, c] = ColumnRef(names[r], names[c])
            made.append(new(Edge, (source, target, names[k], names[t], names[d])))
        edges[column] = tuple(made)
    unknown = {
        column: tuple(Unknown(w[0], w[1], None if w[2] is None else tuple(w[2])) for w in all_why)
        for column, all_why in entry["unknown"].items()
    }
    return QueryLineage(relation, tuple(entry["columns"]), edges, unknown, entry["open"], entry["types"])
