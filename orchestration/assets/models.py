"""The dbt project as one multi-asset: staging, theme and product tables, each with its checks and column lineage."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, build_dbt_asset_specs
from dagster_shared.check import CheckError

from contracts.model import Catalogue, Rule
from contracts.violation import CheckResult
from lake.failure import told
from lineage.graph import DIRECT, ColumnRef, Graph
from orchestration.assets.naming import check_results, check_specs, group_name, table_key
from orchestration.changes.growing import Growing
from orchestration.steps.build import begin_build, built_results, made_by_one
from orchestration.steps.indicators import take_indicators
from orchestration.steps.matching import match_rows
from orchestration.steps.resource import RunCity
from orchestration.transform.sandbox.vocabulary import SOURCE_SCHEMAS
from quality.rules import BUILT

# Tables checked together: each time, the lake is asked for its state.
_TOGETHER = 10


class CityTranslator(DagsterDbtTranslator):
    """How a dbt node appears in the graph: keyed by lake table, grouped by department, domain or products."""

    def __init__(self, catalogue: Catalogue) -> None:
        # A raw table that two files name as a source is one table still.
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))
        self._catalogue = catalogue

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """The lake table; of a source that is no raw table, its own name, for no model may read it, nor stop for it."""
        if dbt_resource_props["resource_type"] == "source" and dbt_resource_props["schema"] not in SOURCE_SCHEMAS:
            return dg.AssetKey(["source", dbt_resource_props["source_name"], dbt_resource_props["name"]])
        name = dbt_resource_props.get("alias") or dbt_resource_props["name"]
        return table_key(f"{dbt_resource_props['schema']}.{name}")

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The folder below its layer: department, domain; products together, and indicators."""
        folders = dbt_resource_props["fqn"][1:-1]
        if folders[:1] in (["products"], ["indicators"]):
            return str(folders[0])
        return group_name(str(folders[1] if len(folders) > 1 else "identity"))

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str] | None:
        """The domain's owner, or the department's."""
        group = self.get_group_name(dbt_resource_props)
        held = self._catalogue.domains.get(group) or self._catalogue.departments.get(group)
        return [held.owner] if held and held.owner else None


def model_assets(
    catalogue: Catalogue, manifest: Mapping[str, Any], rules: Mapping[str, Sequence[Rule]]
) -> dg.AssetsDefinition:
    """All models of the project as one step.

    A failed model fails its `built` check, which the quality gate reads, and stops neither the step nor the city: its
    table stays as it was, and the agreements that need it are judged, and withheld, all the same.
    """
    specs = build_dbt_asset_specs(manifest=manifest, dagster_dbt_translator=CityTranslator(catalogue))
    names = {spec.key: ".".join(spec.key.path) for spec in specs}
    places = {table: place for place, table in enumerate(_in_order(specs))}
    declared = [spec for table in names.values() for spec in check_specs(table, (BUILT, *rules.get(table, ())))]

    # Before the step that checks raw tables: dbt builds while those checks are made.
    @dg.multi_asset(
        name="models", specs=specs, check_specs=declared, can_subset=True, op_tags={"dagster/priority": "1"}
    )
    def models(
        context: dg.AssetExecutionContext, city: dg.ResourceParam[RunCity]
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        tables = sorted((names[key] for key in context.selected_asset_keys), key=places.__getitem__)
        select = [] if len(tables) == len(names) else [_name(table) for table in tables]
        chosen = {(check.asset_key, check.name) for check in context.selected_asset_check_keys}
        with told("models"):
            for made in _made(city, tables, select):
                if isinstance(made, dg.MaterializeResult) or (made.asset_key, made.check_name) in chosen:
                    yield made

    return models


def _in_order(specs: Iterable[dg.AssetSpec]) -> list[str]:
    """The tables, each after those that it is made of: as the graph was drawn, whatever dbt could make of it since."""
    above = {spec.key: {dep.asset_key for dep in spec.deps} for spec in specs}
    return [".".join(key.path) for key in TopologicalSorter(above).static_order() if key in above]


def _made(
    city: RunCity, tables: Sequence[str], select: Sequence[str]
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Tables as they are made, well or not; `tables` are in the order of the graph."""
    stood, graph, checks = city.building.stands(tables), city.lineage.graph, city.checks
    wanted = [table for table in tables if table not in stood]
    # What stands is made of nothing that is built: Dagster is told of it first.
    for table in stood:
        yield _materialized(graph, city, table)
    built = list[CheckResult]()
    if wanted:
        unmatched = match_rows(city, wanted)
        growing = _growing(city)
        growths = growing.decide(wanted)
        chosen = _chosen(select, wanted, tables)
        build = begin_build(
            city.city, city.manifest, chosen, whole=city.full, tables=wanted, growths=growths, views=city.views
        )
        city.done.follow(
            {table: growing.follows(table) for table in wanted},
            {table: growing.how(table, build.grown) for table in wanted},
        )
        # What is done from here on costs no time, as long as dbt goes on.
        unbuilt = set(wanted)
        checks.make(unbuilt)
        for table in build.tables():
            unbuilt.discard(table)
            checks.due(table)
            if not len(unbuilt) % _TOGETHER:
                checks.make(unbuilt)
            yield _materialized(graph, city, table)
        city.read_what_ran()
        passed_over = [table for table in wanted if table in unbuilt]
        build.unheard(passed_over)
        for table in passed_over:
            yield _materialized(graph, city, table)
        build.fail(unmatched)
        build.fail(take_indicators(city, build.results))
        built = built_results(city.city, build.results)
        city.done.make({result.table: result.passed for result in built})
    else:
        take_indicators(city, {})
    yield from check_results([*built, *city.recorded_builds(stood), *checks.of(tables)])


def _growing(city: RunCity) -> Growing:
    models = (node for node in city.manifest["nodes"].values() if node["resource_type"] == "model")
    nodes = {f"{node['schema']}.{node['alias']}": node for node in models}

    def vouched(table: str) -> bool:
        return made_by_one(city.city, table, str(nodes[table].get("compiled_code") or ""))

    return Growing(city.building, city.lineage.graph, nodes, vouched)


def _chosen(select: Sequence[str], wanted: Sequence[str], tables: Sequence[str]) -> list[str]:
    """What dbt is to build: nothing stands for everything."""
    return [_name(table) for table in wanted] if select or len(wanted) < len(tables) else []


def _materialized(graph: Graph, city: RunCity, table: str) -> dg.MaterializeResult[Any]:
    version, how = city.building.digest_of(table), city.done.how.get(table)
    return dg.MaterializeResult(
        asset_key=table_key(table),
        metadata={**_column_lineage(graph, table), **({"made": how} if how else {})},
        data_version=dg.DataVersion(version) if version else None,
    )


def _name(table: str) -> str:
    return table.split(".", 1)[1]


def _column_lineage(graph: Graph, table: str) -> dict[str, Any]:
    """Column lineage as Dagster shows it; none where Dagster has no form for it, which stops nothing."""
    try:
        return _shown_lineage(graph, table)
    except (dg.DagsterError, CheckError):
        return {}


def _shown_lineage(graph: Graph, table: str) -> dict[str, Any]:
    relation = f"lake.{table}"
    deps = {
        name: [
            dg.TableColumnDep(table_key(edge.source.relation.removeprefix("lake.")), edge.source.column)
            for edge in graph.edges_into(ColumnRef(relation, name))
            if edge.kind == DIRECT
        ]
        for name in graph.columns.get(relation, ())
    }
    return {"dagster/column_lineage": dg.TableColumnLineage(deps)} if deps else {}
