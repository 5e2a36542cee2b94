"""Building the models of a city: dbt, merged counts, and whether each model could be built.

A failed model stops nothing but what depends on it: the gates read what is recorded here. Checks are `checking`'s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

from contracts.model import Dataset
from contracts.sql_text import identifier, literal
from contracts.violation import CheckResult
from lake import facts
from lake.city import City
from lake.executed import Ran, executed, record_executed, standing_versions, text_digest
from lake.lost import forget_lost, lost_stores
from lake.standing import Made, Standing
from orchestration.changes.growing import Growth
from orchestration.steps.grow import grow
from orchestration.transform.aside import left_out
from orchestration.transform.frame import frame, missing
from orchestration.transform.run import ModelResult, begin_models, run_models
from orchestration.twins.staging import model_name
from quality.rules import BUILT


@dataclass
class Build:
    """A build by dbt, of all models or of `select`, in a process of its own while the caller does something else.

    `results` is what became of each table's model, in the order of dependencies; empty until all have ended.
    """

    city: City
    select: Sequence[str]
    table_of: Mapping[str, str]
    expected: Mapping[str, str]
    """Id of each model -> digest of the SQL that alone it may run."""
    results: dict[str, ModelResult] = field(default_factory=dict)
    """Tables as they depend on one another."""
    before: Mapping[str, str] = field(default_factory=dict)
    """The versions, before the build, of tables that are added to."""
    standing: Standing | None = None
    """The batches that count, against what the tables are made of."""
    grown: Mapping[str, ModelResult] = field(default_factory=dict)
    """The tables that were extended before dbt began."""
    framed: Mapping[str, ModelResult] = field(default_factory=dict)
    """The views that were made before dbt began, of which it does not hear either; in the order of dependencies."""
    awaited: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Each of either -> what it is made of and is to be made too, after which it is told."""
    views: Sequence[Mapping[str, Any]] = ()
    """All models whose views were made ahead, whether they are of this build or not."""

    def unheard(self, tables: Iterable[str]) -> None:
        """Note as not built what dbt said nothing of, and should have: an empty file is no model to it."""
        for table in tables:
            if table not in self.results:
                self.results[table] = ModelResult("", "not built", "dbt made nothing of it: is its SQL empty?", 0.0)

    def fail(self, why: Mapping[str, str]) -> None:
        """Note tables as not built, for a reason of which dbt knows nothing: their rows are not what they should be."""
        for table in self.results.keys() & why.keys():
            self.results[table] = replace(self.results[table], status="error", message=why[table])

    def tables(self) -> Iterator[str]:
        """Each table as its model ends, well or not. In the end it is recorded how many rows fell to newer versions."""
        self.results.update(self.grown)
        self.results.update(self.framed)
        told = set[str]()
        yield from self._extended(told)
        following = run_models(self.city.settings, self.expected, self.select)
        while True:
            try:
                unique_id, status = next(following)
            except StopIteration as end:
                self.results.update((self.table_of[r.unique_id], r) for r in end.value if r.unique_id in self.table_of)
                aside = left_out(self.city.settings)
                self.results.update((table, ModelResult("", "set aside", why, 0.0)) for table, why in aside.items())
                self._settle_framed()
                break
            self.city.progress("model", unique_id.rsplit(".", 1)[-1], status)
            told.add(self.table_of[unique_id])
            yield self.table_of[unique_id]
            yield from self._extended(told)
        yield from (table for table in (*self.grown, *self.framed) if table not in told)
        _record_merges(self.city)
        self._record_executed()
        if self.standing:
            # What was extended holds no row that a batch gave which counts no longer: it stands as if made whole.
            whole = {table: one.whole or table in self.grown for table, one in self.results.items() if one.ok}
            self.standing.record(whole)

    def _extended(self, told: set[str]) -> Iterator[str]:
        """What dbt does not hear of and may be told, once these are."""
        for table in (*self.grown, *self.framed):
            if table not in told and told.issuperset(self.awaited.get(table, ())):
                told.add(table)
                if table in self.framed:
                    self.city.progress("model", table.split(".", 1)[1], "success")
                yield table

    def _settle_framed(self) -> None:
        """A view of what could not be made is none either, as dbt would have it: it shows what was there before."""
        for table, one in self.framed.items():
            failed = [above for above in self.awaited.get(table, ()) if not self._is_well(above)]
            if failed:
                why = f"what it is made of was not: {', '.join(sorted(failed))}"
                self.results[table] = replace(one, status="skipped", message=why, executed=None)

    def _is_well(self, table: str) -> bool:
        return table in self.results and self.results[table].ok

    def _record_executed(self) -> None:
        """What made the rows of each table, so that nothing leaves whose SQL was not judged."""
        record_executed(
            self.city,
            [
                Ran(table, one.executed, one.whole, self.before.get(table))
                for table, one in self.results.items()
                if one.ok and one.executed is not None
            ],
        )


def begin_build(
    city: City,
    manifest: Mapping[str, Any],
    select: Sequence[str] = (),
    *,
    whole: bool = False,
    tables: Sequence[str] = (),
    growths: Mapping[str, Growth] | None = None,
    views: Sequence[Mapping[str, Any]] = (),
) -> Build:
    """Have dbt begin; the manifest is compiled, and of the project as it is. `whole` makes also anew what is else only
    added to; of `tables`, which `select` makes, also what nothing vouches for. Those of them in `growths` are extended,
    and dbt does not hear of them, nor of views that are made here, or were in this run before (`views`)."""
    lost = forget_lost(city.connection, city.settings.lake_data, tables)
    for table in lost:
        city.progress("model", table, "made whole: a file of it was lost")
    growths = {table: one for table, one in (growths or {}).items() if table not in lost}
    made = [*views, *frame(city.connection, missing(city.connection, manifest))]
    above = made_of(manifest)
    standing = Standing.begun(city, above)
    unvouched = _unvouched(city, set(added_to(manifest)) & set(tables))
    for table in standing.forget_stale(whole=whole, unvouched=unvouched):
        why = "a batch that it may hold counts no longer"
        why = "what made its rows is not known" if table in unvouched else why
        city.progress("model", table, f"made whole: {'everything was asked for' if whole else why}")
    named = {name: _table(node) for name, node in manifest["nodes"].items() if "alias" in node}
    before = standing_versions(city, [*added_to(manifest), *growths])
    grown = _grown(city, manifest, {} if growths.keys() >= set(tables) else growths)
    framed = _framed(made, [table for table in tables if table not in grown])
    if grown or framed:
        seeds = [] if select else [_SEEDS]
        select = [table.split(".", 1)[1] for table in tables if table not in grown and table not in framed] + seeds
    expected = judged_digests(manifest)
    begin_models(city.settings, expected, select)
    awaited = {table: set(above[table].above) & set(tables) for table in (*grown, *framed)}
    return Build(city, select, named, expected, {}, before, standing, grown, framed, awaited, made)


_SEEDS = "resource_type:seed"


def _framed(made: Iterable[Mapping[str, Any]], tables: Sequence[str]) -> dict[str, ModelResult]:
    """The views that were just made of those tables that dbt is to make, as it would tell of them. It is left one thing
    at least: to it, to select nothing is to select everything."""
    wanted = set(tables)
    views = {_table(node): node for node in made if _table(node) in wanted}
    if len(views) == len(wanted):
        views = dict(list(views.items())[:-1])
    return {
        table: ModelResult(str(node["unique_id"]), "success", "", 0.0, executed=str(node["compiled_code"]))
        for table, node in views.items()
    }


def _grown(city: City, manifest: Mapping[str, Any], growths: Mapping[str, Growth]) -> dict[str, ModelResult]:
    nodes = {_table(node): node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    grown = grow(city.connection, manifest, {table: (nodes[table], growth) for table, growth in growths.items()})
    for table in grown:
        city.progress("model", table, growths[table].told)
    return grown


def made_by_one(city: City, table: str, text: str) -> bool:
    """Whether it is on record that all rows of a table, as it is, were made by this text and by no other."""
    ran = executed(city, [table]).get(f"lake.{table}", ())
    return [one.digest for one in ran] == [text_digest(text)]


def _unvouched(city: City, tables: Set[str]) -> Set[str]:
    """Those of some tables of which nothing tells what made all their rows: a run was killed before it wrote that down,
    or another hand was there. Added to, they would never be known again."""
    return tables - {relation.removeprefix("lake.") for relation in executed(city, tables)}


def made_of(manifest: Mapping[str, Any]) -> dict[str, Made]:
    """Each table and view that the models make -> what it is directly made of; nothing is stored of ephemeral ones."""
    names = {key: _table(node) for key, node in manifest["nodes"].items() if "alias" in node}
    names |= {key: f"{one['schema']}.{one['identifier']}" for key, one in manifest.get("sources", {}).items()}
    found = {}
    for key, node in manifest["nodes"].items():
        if node["resource_type"] == "model":
            kind = node["config"].get("materialized")
            above = [names[one] for one in node["depends_on"].get("nodes", ()) if one in names]
            found[names[key]] = Made(above, stored=kind in {"table", "incremental"}, added_to=kind == "incremental")
    return found


def added_to(manifest: Mapping[str, Any]) -> list[str]:
    """The tables that models add to, instead of making them anew."""
    nodes = manifest["nodes"].values()
    return sorted(_table(node) for node in nodes if node["config"].get("materialized") == "incremental")


def judged_digests(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Id of each model -> the digest of its compiled SQL, as lineage is read from it."""
    models = (node for node in manifest["nodes"].values() if node["resource_type"] == "model")
    return {node["unique_id"]: text_digest(node.get("compiled_code") or "") for node in models}


def _table(node: Mapping[str, Any]) -> str:
    return f"{node['schema']}.{node['alias']}"


_TOGETHER = 32


def _record_merges(city: City) -> None:
    """Merged = accepted rows of a batch that are not the current version of any key."""
    rows = city.connection.execute(
        "select view_name from duckdb_views() where database_name = 'lake' and schema_name = 'staging'"
    ).fetchall()
    staged = {name for (name,) in rows}
    every = city.catalogue.datasets
    lost = lost_stores(city.connection, city.settings.lake_data, every.values())
    datasets = [one for name, one in every.items() if model_name(one) in staged and name not in lost]
    if not datasets:
        return
    current: dict[str, dict[str, int]] = defaultdict(dict)
    # One statement over thousands of views takes longer to plan than all of them to read.
    for begins in range(0, len(datasets), _TOGETHER):
        asked = " union all ".join(map(_surviving, datasets[begins : begins + _TOGETHER]))
        for dataset, batch, rows in city.connection.execute(asked).fetchall():
            current[dataset][batch] = rows
    accepted = city.connection.execute(
        "select dataset, batch, accepted from lake.meta.batches "
        "where batch not in (select batch from lake.meta.recalled)"
    ).fetchall()
    merged: dict[str, dict[str, int]] = defaultdict(dict)
    for dataset, batch, rows in accepted:
        merged[dataset][batch] = rows - current[dataset].get(batch, 0)
    for dataset in datasets:
        facts.record_merges(city, dataset.id, merged[dataset.id])


def _surviving(dataset: Dataset) -> str:
    return (
        f"select {literal(dataset.id)}, _batch, count(*) "
        f"from lake.staging.{identifier(model_name(dataset))} group by _batch"
    )


def built_results(city: City, built: Mapping[str, ModelResult]) -> list[CheckResult]:
    """Whether each table's newest build succeeded, as results of a check, recorded."""
    versions = city.versions().of(built)
    results = [_built(table, result, versions.get(table)) for table, result in built.items()]
    facts.record_checks(city, results)
    return results


def _built(table: str, result: ModelResult, version: str | None) -> CheckResult:
    judged = 1 if version else None  # the table as one thing; there is none where it was never built
    return CheckResult(
        table=table,
        rule=BUILT.name,
        dimension=BUILT.dimension,
        severity=BUILT.severity,
        passed=result.ok,
        rows=judged,
        failing_rows=None if judged is None else int(not result.ok),
        observed=f"dbt: {result.status}",
        reason=result.message or None,
        data_version=version,
    )
