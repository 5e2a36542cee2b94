"""What is known of each model, kept by the content that it was found out from.

Lives here: the cache of single models and its file. Must not live here: graphs in files (`store.py`), parsing.

An entry is found by the model's text and everything else that is the same for all models; it holds good only if
each table that the model's text named still resolves to the same relation with the same columns. So a changed model
is parsed again, and so is a model that reads it if the change altered its columns, and no other."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np

from lineage.calls import of_plain, plain
from lineage.collection import no_collection
from lineage.edges import EdgeTable, Numbers
from lineage.from_sql import EdgesByName, QueryLineage, lineage_of
from lineage.graph import ColumnRef, Unknown
from lineage.sql.catalog import Catalog

RULES = "15"  # raise this when the binder's answers change, so that no old answer outlives the rules that gave it


class ModelCache:
    """Lineage of models by content; starts empty, or from a file that `save` wrote."""

    def __init__(self, path: str | Path | None = None) -> None:
        self._entries: dict[str, dict] = {}
        self._used: set[str] = set()
        self.hits = self.misses = 0
        if path is not None and Path(path).exists():
            self._entries = _stored(Path(path))

    def save(self, path: str | Path) -> None:
        """Write the entries that were of use since the cache was made; the same content gives the same bytes."""
        kept = {key: self._entries[key] for key in sorted(self._used)}
        text = json.dumps({"rules": RULES, "models": kept}, ensure_ascii=False, separators=(",", ":"))
        Path(path).write_text(text, encoding="utf-8")

    def lineage(self, sql: str, catalog: Catalog, relation: str, *, second_opinion: bool = True) -> QueryLineage:
        """`lineage_of`, from the cache where its answer still holds."""
        readers = "two readers" if second_opinion else "one reader"
        key = _digest(RULES, readers, duckdb.__version__, catalog.dialect, catalog.functions_digest, relation, sql)
        entry = self._entries.get(key)
        self._used.add(key)
        known = _still(entry, catalog) if entry is not None else None
        if known is not None:
            self.hits += 1
            return known
        self.misses += 1
        catalog.lookups.clear()
        found = lineage_of(sql, catalog, relation, second_opinion=second_opinion)
        found = replace(found, edges=EdgesByName(found.relation, found.table()))
        self._entries[key] = _freeze(found, sorted(catalog.lookups), catalog)
        return found


def _stored(path: Path) -> dict[str, dict]:
    """The entries of a file; none of one that is damaged, or of other rules: a cache is made again."""
    try:
        with no_collection():
            stored = json.loads(path.read_text(encoding="utf-8"))
        return dict(stored["models"]) if stored["rules"] == RULES else {}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def _still(entry: dict, catalog: Catalog) -> QueryLineage | None:
    """What an entry says, where it still holds and can be read."""
    try:
        return _thaw(entry) if _holds(entry["reads"], catalog) else None
    except (ValueError, TypeError, KeyError, IndexError):
        return None


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _holds(reads: Sequence[Sequence], catalog: Catalog) -> bool:
    return all(catalog.fingerprint(tuple(parts)) == found for parts, found in reads)


def _freeze(found: QueryLineage, lookups: Sequence[tuple[str, ...]], catalog: Catalog) -> dict:
    table = found.table()
    names: dict[str, int] = {}
    refs = [names.setdefault(text, len(names)) for ref in table.refs for text in ref]
    return {
        "reads": [[list(parts), catalog.fingerprint(parts)] for parts in lookups],
        "relation": found.relation,
        "columns": list(found.columns),
        "types": {name: kind for name, kind in found.types.items() if kind},
        "names": list(names),
        "refs": refs,
        "ways": [list(way) for way in table.ways],
        "edges": [_text(column) for column in (table.source, table.target, table.way)],
        "unknown": {column: [list(why) for why in all_why] for column, all_why in found.unknown.items()},
        "open": found.is_open,
        "calls": {column: [plain(call) for call in made] for column, made in found.calls.items()},
        "copies": {
            column: None if known is None else [list(r) for r in sorted(known)]
            for column, known in found.copies.items()
        },
        "differences": list(found.differences),
        "conditional": sorted(found.conditional),
        "even": found.even,
        "follows": sorted(found.follows),
    }


def _listed(known: frozenset[ColumnRef] | None) -> list[list[str]] | None:
    return None if known is None else [list(ref) for ref in sorted(known)]


def _thaw(entry: Mapping) -> QueryLineage:
    relation, names, refs = entry["relation"], entry["names"], entry["refs"]
    pairs = zip(refs[::2], refs[1::2], strict=True)
    known = {ColumnRef(names[r], names[c]): number for number, (r, c) in enumerate(pairs)}
    source, target, way = (_numbers(text) for text in entry["edges"])
    table = EdgeTable(known, [(k, t, d) for k, t, d in entry["ways"]], source, target, way)
    unknown = {
        column: tuple(Unknown(w[0], w[1], None if w[2] is None else tuple(w[2])) for w in all_why)
        for column, all_why in entry["unknown"].items()
    }
    edges = EdgesByName(relation, table)
    calls = {column: tuple(of_plain(call) for call in made) for column, made in entry["calls"].items()}
    copies = {
        column: None if known is None else frozenset(ColumnRef(*ref) for ref in known)
        for column, known in entry["copies"].items()
    }
    only_plan, only_second = entry["differences"]
    return QueryLineage(
        relation, tuple(entry["columns"]), edges, unknown, entry["open"], entry["types"], calls, copies,
        (only_plan, only_second), frozenset(entry["conditional"]), entry["even"],
        frozenset(entry["follows"]),
    )  # fmt: skip


def _text(numbers: Numbers) -> str:
    return b64encode(numbers.astype("<i4").tobytes()).decode()


def _numbers(text: str) -> Numbers:
    return np.frombuffer(b64decode(text), "<i4")
