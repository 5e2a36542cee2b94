"""A dbt manifest with compiled SQL to a lineage graph.

Lives here: which relation a node is, what is built from what, and what incremental models and snapshots add to
their own SQL. Must not live here: SQL semantics (`lineage/sql/`), levels, anything that imports dbt: the manifest
is plain JSON (schema v12)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from graphlib import CycleError, TopologicalSorter
from typing import Any

from lineage.answer import all_of
from lineage.cache import ModelCache
from lineage.collection import no_collection
from lineage.edges import EdgeTable
from lineage.from_sql import Lowering, Macro, QueryLineage
from lineage.graph import DIRECT, INDIRECT, ROWS, ColumnRef, Edge, Graph, Unknown, join_parts, split_parts
from lineage.hooks import changed_by_runs, is_known, may_change_rows, project_macros, taken_names
from lineage.sql.catalog import Catalog
from lineage.sql.reading import by_binder

_BUILT = ("model", "snapshot", "seed")
# What dbt's configuration of any node may say without deciding about rows, or by what `_hooked` judges.
_QUIET = frozenset(
    """enabled alias schema database tags meta group materialized persist_docs post-hook pre-hook post_hook pre_hook
    quoting column_types full_refresh on_schema_change on_configuration_change grants packages docs contract event_time
    concurrent_batches access freshness static_analysis delimiter lookback begin batch_size""".split()  # noqa: SIM905
)
_OPTIONS = _QUIET | {"unique_key", "incremental_strategy"}
_STRATEGIES = (None, "append", "merge", "delete+insert")
_SNAPSHOT_OPTIONS = _QUIET | frozenset(
    """strategy unique_key updated_at check_cols snapshot_meta_column_names hard_deletes invalidate_hard_deletes
    dbt_valid_to_current target_schema target_database""".split()  # noqa: SIM905
)
_SNAPSHOT_COLUMNS = ("dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to")


def graph_from_manifest(
    manifest: Mapping[str, Any],
    *,
    sources_schema: Mapping[str, Mapping[str, str]],
    dialect: str = "duckdb",
    cache: ModelCache | None = None,
    macros: Mapping[str, Macro] | None = None,
    declassifiers: Mapping[str, Lowering] | None = None,
    earlier: Mapping[str, Sequence[str]] | None = None,
    twins: Collection[str] = (),
    trusted_seeds: Collection[str] = (),
    second_opinion: bool = True,
) -> Graph:
    """The graph of all models, snapshots, seeds and sources of a manifest, after `dbt compile` or `dbt run`.

    `sources_schema` maps each stored relation, ``database.schema.identifier``, to its columns and types. A source
    that it lacks has the columns that the manifest declares, and may have more. `macros` are SQL macros that exist
    where models run, beside those that the project's own hooks create; a project's macro of a declassifier's name
    lowers nothing. Models are bound in the order of their dependencies, each once, or not at all where `cache` still
    knows them. `earlier` gives SQL of the past whose rows may still be in a relation: it has the lineage of all.
    `twins` are the relations whose SQL is the platform's own to the letter; `trusted_seeds` shell patterns of the seeds
    that may be joined where persons are counted. Without a `second_opinion`, the engine's plan alone is asked where it
    has one."""
    own, taken = project_macros(manifest, dialect), taken_names(manifest)
    given = (declassifiers or {}) if taken is not None else {}
    trusted = {name: lowering for name, lowering in given.items() if name.lower() not in (taken or ())}
    catalog = Catalog(sources_schema, dialect=dialect, macros={**own, **(macros or {})}, declassifiers=trusted)
    _add_sources(manifest, catalog, {join_parts(split_parts(name)) for name in sources_schema}, trusted_seeds)
    with no_collection():
        reader = Reader(catalog, cache or ModelCache(), second_opinion, earlier or {}, frozenset(twins))
        return _graph(manifest, reader)


def _graph(manifest: Mapping[str, Any], reader: Reader) -> Graph:
    catalog = reader.catalog
    columns = {name: tuple(found) for name, found in catalog.tables.items()}
    tables: list[EdgeTable] = []
    unknown: dict[ColumnRef, tuple[Unknown, ...]] = {}
    built: list[str] = []
    made: list[QueryLineage] = []
    changed = changed_by_runs(manifest, catalog.dialect)
    nodes = manifest.get("nodes", {})
    for key in _in_order(nodes):
        node = nodes[key]
        if node.get("resource_type") not in ("model", "snapshot") or not _is_stored(node):
            continue
        found = _run_hooked(changed, _model(node, manifest, reader))
        made.append(found)
        catalog.add(
            found.relation,
            {n: found.types.get(n, "") for n in found.columns},
            is_open=found.is_open,
            built=True,
            even=found.even or found.relation in reader.twins,
            computed=() if found.relation in reader.twins else _computed_columns(found),
        )
        built.append(found.relation)
        columns[found.relation] = found.columns
        tables.append(found.table())
        unknown.update((ColumnRef(found.relation, n), why) for n, why in found.unknown.items() if why)
    _name_sources(columns, tables, catalog.open_relations - set(built))
    return Graph(
        columns,
        EdgeTable.union(tables, columns),
        unknown,
        frozenset(built),
        {ColumnRef(one.relation, name): calls for one in made for name, calls in one.calls.items()},
        {ColumnRef(one.relation, name): known for one in made for name, known in one.copies.items()},
        {one.relation: one.differences for one in made if any(one.differences)},
        frozenset(ColumnRef(one.relation, name) for one in made for name in one.conditional),
        reader.twins & frozenset(built),
        {one.relation: one.follows for one in made if one.follows},
    )


def _computed_columns(found: QueryLineage) -> list[str]:
    """The columns of a model that are no copies of stored ones."""
    return [name for name in found.columns if found.copies.get(name) is None]


def _name_sources(columns: dict[str, tuple[str, ...]], tables: Iterable[EdgeTable], sources: set[str]) -> None:
    """List the columns of open sources that only the SQL that reads them names."""
    named: dict[str, dict[str, None]] = {}
    for relation, column in (ref for table in tables for ref in table.refs) if sources else ():
        if relation in sources and column != ROWS and column not in columns.get(relation, ()):
            named.setdefault(relation, {})[column] = None
    for relation, extra in named.items():
        columns[relation] = (*columns.get(relation, ()), *sorted(extra))


def relation_of(node: Mapping[str, Any]) -> str:
    """The relation that a manifest's node or source stands for, as ``database.schema.identifier``."""
    name = node.get("relation_name")
    if name:
        return join_parts(split_parts(name.replace("`", '"')))
    identifier = node.get("identifier") or node.get("alias") or node["name"]
    return join_parts(part for part in (node.get("database"), node.get("schema"), identifier) if part)


def _is_stored(node: Mapping[str, Any]) -> bool:
    return node.get("config", {}).get("materialized") != "ephemeral"


def _add_sources(
    manifest: Mapping[str, Any], catalog: Catalog, known: set[str], trusted_seeds: Collection[str]
) -> None:
    seeds = [n for n in manifest.get("nodes", {}).values() if n.get("resource_type") == "seed"]
    for node in (*manifest.get("sources", {}).values(), *seeds):
        relation = relation_of(node)
        if relation not in known:
            # A file of the project has as many rows of a key as its author wants.
            trusted = node not in seeds or any(fnmatchcase(relation, one) for one in trusted_seeds)
            catalog.add(relation, _declared(node), is_open=True, even=trusted)


def _declared(node: Mapping[str, Any]) -> dict[str, str]:
    """The columns that a node's YAML declares, and of a seed those that its configuration gives a type."""
    config = node.get("config", {})
    typed = (config.get("column_types") or {}) if node.get("resource_type") == "seed" else {}
    declared = {c["name"].lower(): c.get("data_type") or "" for c in node.get("columns", {}).values()}
    return {str(name).lower(): str(kind) for name, kind in typed.items()} | declared


def _in_order(nodes: Mapping[str, Any]) -> list[str]:
    wanted = {key: node for key, node in nodes.items() if node.get("resource_type") in _BUILT}
    sorter = TopologicalSorter({key: sorted(_parents(node) & wanted.keys()) for key, node in sorted(wanted.items())})
    try:
        return list(sorter.static_order())
    except CycleError:  # dbt refuses cycles; should one come all the same, unresolved reads end in unknown
        return sorted(wanted)


def _parents(node: Mapping[str, Any]) -> set[str]:
    return set(node.get("depends_on", {}).get("nodes", ()))


def inputs_of(node: Mapping[str, Any], manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """The relations that a node declares to read, through ephemeral models, too."""
    nodes = manifest.get("nodes", {})
    found: set[str] = set()
    stack, seen = list(_parents(node)), set()
    while stack:
        key = stack.pop()
        if key in seen:
            continue
        seen.add(key)
        parent = nodes.get(key) or manifest.get("sources", {}).get(key)
        if parent is None:
            continue
        if _is_stored(parent):
            found.add(relation_of(parent))
        else:
            stack += _parents(parent)
    return tuple(sorted(found))


@dataclass(frozen=True)
class Reader:
    """How a model's SQL is read: against which catalogue, with what is known already, and by how many readers."""

    catalog: Catalog
    cache: ModelCache
    second_opinion: bool
    earlier: Mapping[str, Sequence[str]]
    twins: frozenset[str] = frozenset()

    def lineage(self, sql: str, relation: str) -> QueryLineage:
        """The lineage of one model's SQL, and of the SQL of the past whose rows may still be there."""
        now = self._of(sql, relation)
        past = [self._of(text, relation) for text in self.earlier.get(relation, ()) if text.strip() != sql.strip()]
        return all_of([now, *past]) if past else now

    def _of(self, sql: str, relation: str) -> QueryLineage:
        return self.cache.lineage(sql, self.catalog, relation, second_opinion=self.second_opinion)

    def itself(self, node: Mapping[str, Any], sql: str, relation: str) -> None:
        """Make known the table that an incremental model may read: its own, as declared, else as a reader without
        types sees it."""
        columns = _declared(node) or by_binder(sql, self.catalog, relation).types
        self.catalog.add(relation, columns, is_open=True)


def _model(node: Mapping[str, Any], manifest: Mapping[str, Any], reader: Reader) -> QueryLineage:
    relation = relation_of(node)
    inputs = inputs_of(node, manifest)
    if not is_known(node):
        kind = str(node.get("config", {}).get("materialized"))
        return _opaque(node, relation, Unknown("materialization is not known", kind, None))
    if node.get("language", "sql") != "sql":
        return _opaque(node, relation, Unknown("model is not SQL", str(node.get("language")), inputs or None))
    sql = node.get("compiled_code")
    if not sql:
        return _opaque(node, relation, Unknown("model is not compiled", node["name"]))
    if node.get("resource_type") == "model" and node.get("config", {}).get("materialized") == "incremental":
        reader.itself(node, sql, relation)
    found = reader.lineage(sql, relation)
    if found.relation != relation:
        return _opaque(node, relation, Unknown("model's SQL makes another relation", found.relation))
    if not found.columns and found.unknown:
        return _opaque(node, relation, *found.unknown.get(ROWS, ()))
    found = _typed(node, found)
    found = _merged(node, found)
    return _hooked(node, found, inputs)


def _opaque(node: Mapping[str, Any], relation: str, *why: Unknown) -> QueryLineage:
    columns = tuple(_declared(node))
    return QueryLineage(relation, columns, {}, dict.fromkeys((*columns, ROWS), why), is_open=True)


def _typed(node: Mapping[str, Any], found: QueryLineage) -> QueryLineage:
    """Declared types help to take structs apart; declared names close a list that SQL alone leaves open."""
    declared = _declared(node)
    types = {n: found.types.get(n) or declared.get(n, "") for n in found.columns}
    if not found.is_open:
        return replace(found, types=types)
    extra = [name for name in declared if name not in found.columns]
    edges, unknown = dict(found.edges), dict(found.unknown)
    for name in extra:
        target = ColumnRef(found.relation, name)
        edges[name] = tuple(e._replace(target=target) for e in found.edges.get(ROWS, ()))
        unknown[name] = found.unknown.get(ROWS, ())
    return replace(found, columns=(*found.columns, *extra), edges=edges, unknown=unknown, types={**declared, **types})


# -- what dbt adds to a model's own SQL ----------------------------------------------------------------------------


def _merged(node: Mapping[str, Any], found: QueryLineage) -> QueryLineage:
    config = node.get("config", {})
    if node.get("resource_type") == "snapshot":
        return _snapshot(config, found)
    if config.get("materialized") != "incremental":
        return found
    strange = _strange_options(config)
    if strange:
        return _unknown_everywhere(found, Unknown("incremental option may write or decide", strange))
    keys = _as_list(config.get("unique_key"))
    return _decided_by(found, _columns_of(keys, found), "merge_key") if keys else found


def _strange_options(config: Mapping[str, Any]) -> str:
    """An option of an incremental model that is not in the list of those understood; empty where there is none."""
    if config.get("incremental_strategy") not in _STRATEGIES:
        return f"incremental_strategy {config.get('incremental_strategy')}"
    return next((key for key, value in sorted(config.items()) if value and key not in _OPTIONS), "")


def _as_list(value: object) -> list[str]:
    """An option's names, in lower case and without the quotes that SQL would want."""
    if value is None:
        return []
    names = value if isinstance(value, (list, tuple)) else [value]
    return [str(name).strip().strip('"`').lower() for name in names]


def _columns_of(keys: Iterable[str], found: QueryLineage) -> list[str]:
    """Keys that are columns; a key that is an expression could be of any column."""
    wanted = list(keys)
    return wanted if all(key in found.columns for key in wanted) else list(found.columns)


def _decided_by(found: QueryLineage, names: Iterable[str], reason: str) -> QueryLineage:
    """The lineage with what flows into `names` deciding about every row."""
    deciding = [e for name in names for e in found.edges.get(name, ())]
    why = tuple(dict.fromkeys(w for name in names for w in found.unknown.get(name, ())))
    edges = {
        name: tuple(sorted({*found.edges.get(name, ()), *_redirect(deciding, found.relation, name, reason)}))
        for name in (*found.columns, ROWS)
    }
    unknown = {n: tuple(dict.fromkeys((*found.unknown.get(n, ()), *why))) for n in (*found.columns, ROWS)}
    return replace(found, edges=edges, unknown={n: w for n, w in unknown.items() if w})


def _redirect(edges: Iterable[Edge], relation: str, name: str, reason: str | None) -> Iterable[Edge]:
    target = ColumnRef(relation, name)
    for edge in edges:
        if reason is None or edge.kind == INDIRECT:
            yield edge._replace(target=target)
        else:
            yield Edge(edge.source, target, INDIRECT, reason, edge.declassifier)


def _snapshot(config: Mapping[str, Any], found: QueryLineage) -> QueryLineage:
    """dbt's own columns: the row's hash, and since when and until when it held."""
    keys = _columns_of(_as_list(config.get("unique_key")), found)
    stamps = _columns_of(_as_list(config.get("updated_at")), found)
    compared = _columns_of(_as_list(config.get("check_cols")), found)
    deciding = list(dict.fromkeys([*keys, *stamps, *compared]))
    strange = next((key for key, value in sorted(config.items()) if value and key not in _SNAPSHOT_OPTIONS), "")
    if config.get("strategy") not in ("timestamp", "check") or strange:
        deciding = stamps = list(found.columns)
    found = _decided_by(found, deciding, "merge_key")
    given = config.get("snapshot_meta_column_names") or {}
    names = [str(given.get(name) or name).lower() for name in _SNAPSHOT_COLUMNS]
    names += ["dbt_is_deleted"] if config.get("hard_deletes") == "new_record" else []
    edges, unknown = dict(found.edges), dict(found.unknown)
    for name in names:
        sources = [*keys, *stamps] if name == names[0] else stamps
        values = [e for source in sources for e in found.edges.get(source, ())]
        rows = list(found.edges.get(ROWS, ()))
        edges[name] = tuple(
            sorted({*_computed(values, found.relation, name), *_redirect(rows, found.relation, name, None)})
        )
        unknown[name] = tuple(dict.fromkeys(w for source in (*sources, ROWS) for w in found.unknown.get(source, ())))
    return replace(
        found, columns=(*found.columns, *(n for n in names if n not in found.columns)), edges=edges,
        unknown={n: w for n, w in unknown.items() if w},
    )  # fmt: skip


def _computed(edges: Iterable[Edge], relation: str, name: str) -> Iterable[Edge]:
    target = ColumnRef(relation, name)
    for edge in edges:
        moved = edge._replace(target=target)
        yield moved._replace(transform="expression") if edge.kind == DIRECT else moved


def _hooked(node: Mapping[str, Any], found: QueryLineage, inputs: tuple[str, ...]) -> QueryLineage:
    """A hook that may change rows makes the whole table unknown: its SQL is not part of the model."""
    if not may_change_rows(node):
        return found
    return _unknown_everywhere(found, Unknown("hook may change rows", node["name"], inputs or None))


def _unknown_everywhere(found: QueryLineage, why: Unknown) -> QueryLineage:
    unknown = {name: (*found.unknown.get(name, ()), why) for name in (*found.columns, ROWS)}
    return replace(found, unknown=unknown)


def _run_hooked(changed: set[str] | None, found: QueryLineage) -> QueryLineage:
    """An on-run hook that may change a table's rows makes that table unknown; one of unknown reach, every table."""
    parts = split_parts(found.relation)
    if changed is not None and not any(parts[-len(named) :] == named for named in map(split_parts, changed)):
        return found
    return _unknown_everywhere(found, Unknown("on-run hook may change rows", found.relation))
