"""Building the models of a city and judging what was built: dbt, merged counts, lineage, checks.

A failed model or check stops nothing but what depends on it: the gates read what is recorded here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from contracts.model import Dataset, Rule
from contracts.sql_text import identifier, literal
from contracts.violation import CheckResult, Severity
from contracts.working_days import CalendarHorizon, working_days_between
from orchestration import facts
from orchestration.city import City
from orchestration.column_lineage import CityLineage, build_lineage
from orchestration.transform.project import load_manifest
from orchestration.transform.run import ModelResult, compile_models, run_models
from orchestration.twins.staging import model_name
from quality.rules import BUILT, declared_rules
from quality.suites import Subject, check_table

Built = Mapping[str, ModelResult]
"""Table -> what became of its model, in the order of dependencies."""


def build_models(city: City, select: Sequence[str] = ()) -> Built:
    """Run dbt (all models, or `select`), then record how many rows of each batch fell to a newer version."""
    manifest = load_manifest(city.settings)
    results = run_models(city.settings, select, lambda name, status: city.progress("model", name, status))
    _record_merges(city)
    nodes = manifest["nodes"]
    return {_table(nodes[result.unique_id]): result for result in results if result.unique_id in nodes}


def _table(node: Mapping[str, Any]) -> str:
    return f"{node['schema']}.{node['alias']}"


def _record_merges(city: City) -> None:
    """Merged = accepted rows of a batch that are not the current version of any key."""
    rows = city.connection.execute(
        "select view_name from duckdb_views() where database_name = 'lake' and schema_name = 'staging'"
    ).fetchall()
    staged = {name for (name,) in rows}
    datasets = [dataset for dataset in city.catalogue.datasets.values() if model_name(dataset) in staged]
    if not datasets:
        return
    current: dict[str, dict[str, int]] = defaultdict(dict)
    for dataset, batch, rows in city.connection.execute(" union all ".join(map(_surviving, datasets))).fetchall():
        current[dataset][batch] = rows
    accepted = city.connection.execute("select dataset, batch, accepted from lake.meta.batches").fetchall()
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


def refresh_lineage(city: City) -> CityLineage:
    """The graph of the models as they are now, compiled where dbt has not just built them."""
    manifest = load_manifest(city.settings)
    if any(_uncompiled(node) for node in manifest["nodes"].values()):
        compile_models(city.settings)
        manifest = load_manifest(city.settings)
    return build_lineage(city.settings, city.catalogue, manifest)


def _uncompiled(node: Any) -> bool:
    return node["resource_type"] == "model" and not node.get("compiled_code")


def check_tables(city: City, tables: Iterable[str], built: Built | None = None) -> list[CheckResult]:
    """Run every declared rule on the tables that exist, and record the results. A missing table has no results.

    `built` adds, for the tables that a build just made or failed to make, whether it succeeded.
    """
    rules = declared_rules(city.catalogue)
    wanted = list(tables)
    versions = city.versions().of([table for table in wanted if table in rules or table in (built or {})])
    results: list[CheckResult] = []
    for table in wanted:
        found = [_built(table, built[table], versions.get(table))] if built and table in built else []
        if table in versions and table in rules:
            found += _check(city, table, rules[table], versions[table])
        if found:
            city.progress("check", table, f"{len(found)} rules, {sum(not one.passed for one in found)} failed")
        results += found
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
        # dbt's message may quote data: its status alone is kept.
        observed=f"dbt: {result.status}",
        data_version=version,
    )


def _check(city: City, table: str, rules: Sequence[Rule], version: str) -> list[CheckResult]:
    dataset = _dataset_of(city, table)
    timed = [rule for rule in rules if rule.kind == "freshness"]
    plain = tuple(rule for rule in rules if rule.kind != "freshness")
    subject = Subject(table, plain, version, city.catalogue.code_sets, dataset)
    found = check_table(city.connection, subject) if plain else []
    return found + [_freshness(city, rule, table, dataset, version) for rule in timed if dataset]


def _dataset_of(city: City, table: str) -> Dataset | None:
    name = table.split(".", 1)[1].removeprefix("stg_")
    return next((d for d in city.catalogue.datasets.values() if d.table == name), None)


def _freshness(city: City, rule: Rule, table: str, dataset: Dataset, version: str) -> CheckResult:
    """The age of the newest delivery in working days, from the batches' dates: no column of the table has it."""
    row = city.connection.execute(
        "select max(delivered_on), coalesce(sum(accepted), 0) from lake.meta.batches where dataset = ?", [dataset.id]
    ).fetchone()
    newest, rows = row or (None, 0)
    allowed = int(str(rule.arguments.get("working_days", dataset.freshness_working_days)))
    error, age = None, None
    try:
        age = working_days_between(newest, city.today(), city.catalogue.calendar) if newest else None
    except CalendarHorizon as horizon:
        error = str(horizon)
    return CheckResult(
        table=table,
        rule=rule.name,
        dimension=rule.dimension,
        severity=Severity(rule.severity),
        passed=error is None and age is not None and age <= allowed,
        rows=None if error else rows,
        failing_rows=None if error else 0,
        observed=f"newest delivery {newest}, {age} working days old, {allowed} allowed",
        error=error,
        data_version=version,
    )
