"""One asset per dataset: its deliveries carried into the raw lake. One step for the checks of all that was stored."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import dagster as dg

from contracts.model import Catalogue, Dataset, Rule
from lake import facts
from lake.batch import UNTAKEN, Batch, Ingestion
from lake.corrected import Corrected, corrected
from lake.failure import told
from lake.ingest import ingest, unconserved
from lake.profiles.taking import record_profiles
from lake.store import RawView
from lake.versions import raw_version
from orchestration.assets.naming import check_results, check_specs, table_key
from orchestration.steps.resource import RunCity


def raw_asset(dataset: Dataset) -> dg.AssetsDefinition:
    """The asset of one dataset, from its contract alone."""
    table = f"raw.{dataset.table}"

    @dg.asset(
        key=table_key(table),
        description=f"{dataset.title_zh} / {dataset.title_en}\n\n{dataset.description}",
        group_name=dataset.department,
        owners=[dataset.owner] if dataset.owner else None,
        kinds={"duckdb", dataset.source.format},
        tags={"sharing_attribute": str(dataset.sharing_attribute), "mode": str(dataset.mode)},
        metadata={"dataset": dataset.id, "contract version": dataset.version, "frequency": dataset.frequency},
        freshness_policy=_freshness(dataset),
        check_specs=[_conservation_spec(table)],
    )
    def carry(city: dg.ResourceParam[RunCity]) -> dg.MaterializeResult:
        with told(dataset.id):
            if not city.why_carry(dataset):
                city.city.progress("land", dataset.id, "as it was")
                return dg.MaterializeResult(data_version=_version(city, table), check_results=[_conservation({})])
            batches = ingest(city.ingestion, dataset, city.recorded)
            # Before the batches: a run that dies between leaves them untold, and so to be profiled by the next.
            record_profiles(city.city, dataset, batches, city.recorded)
            facts.record_batches(city.city, batches)
            facts.record_look(city.city, dataset.id, batches)
            facts.record_corrected(city.city, dataset.id, _corrected(city.ingestion, dataset))
            city.done.carry(dataset.id, [batch.state for batch in batches])
            for batch in batches:
                city.city.progress("land", dataset.id, _outcome(batch))
            city.checks.due(table)
            lost = unconserved(city.ingestion, dataset)
        return dg.MaterializeResult(
            metadata=_metadata(batches), data_version=_carried(city, dataset), check_results=[_conservation(lost)]
        )

    return carry


def _corrected(context: Ingestion, dataset: Dataset) -> list[Corrected]:
    if dataset.id in context.unusable:
        return []
    known = context.deliveries.get(dataset.id, []), context.batches.get(dataset.id, [])
    return corrected(context.connection, dataset, *known)


def raw_checks(catalogue: Catalogue, rules: Mapping[str, Sequence[Rule]]) -> dg.AssetChecksDefinition:
    """The checks of every dataset's rules on what is stored of it.

    A step of their own, so that a run that builds models need not wait for them: they are made while dbt builds.
    """
    tables = [f"raw.{dataset.table}" for dataset in catalogue.datasets.values()]
    specs = [spec for table in tables for spec in check_specs(table, rules.get(table, ()))]

    @dg.multi_asset_check(name="raw_checks", specs=specs, can_subset=True)
    def check(context: dg.AssetCheckExecutionContext, city: dg.ResourceParam[RunCity]) -> Iterator[dg.AssetCheckResult]:
        chosen = {(check.asset_key, check.name) for check in context.selected_asset_check_keys}
        wanted = [table for table in tables if table_key(table) in {key for key, _ in chosen}]
        with told("checks of raw tables"):
            found = check_results(city.checks.of(wanted))
        for result in found:
            if (result.asset_key, result.check_name) in chosen:
                yield result

    return check


def _carried(city: RunCity, dataset: Dataset) -> dg.DataVersion | None:
    """The version of a table that was just carried, of what is known of it: the lake would be asked for all."""
    stored = city.ingestion.batches.get(dataset.id, [])
    if dataset.id in city.ingestion.unusable or not stored:
        return _version(city, f"raw.{dataset.table}")
    view = RawView(dataset, city.ingestion.deliveries.get(dataset.id, []), stored)
    return dg.DataVersion(raw_version([(one.batch, one.accepted, one.contract) for one in stored], view.told))


def _version(city: RunCity, table: str) -> dg.DataVersion | None:
    version = city.city.versions().of([table]).get(table)
    return dg.DataVersion(version) if version else None


def _conservation_spec(table: str) -> dg.AssetCheckSpec:
    # The one blocking check: where rows are missing from the store, nothing may be built on it.
    return dg.AssetCheckSpec(
        "conservation", asset=table_key(table), blocking=True, description="守恒 / read = accepted + quarantined"
    )


def _conservation(lost: Mapping[str, str]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(check_name="conservation", passed=not lost, metadata=dict(lost))


def _freshness(dataset: Dataset) -> dg.FreshnessPolicy | None:
    # Dagster counts days of the calendar; the gate counts working days. Seven for five never warns too early.
    days = dataset.freshness_working_days * 7 / 5 + 2
    return dg.FreshnessPolicy.time_window(fail_window=timedelta(days=days)) if dataset.freshness_working_days else None


def _outcome(batch: Batch) -> str:
    if batch.state in {*UNTAKEN, "held"}:
        return f"{batch.state.upper()} {batch.message}"
    counts = f"{batch.rows_read} read = {batch.accepted} accepted + {batch.quarantined} quarantined"
    before = {"known": "delivered before", "rejudged": batch.message, "withdrawn": "withdrawn", "recalled": "RECALLED"}
    return counts if batch.state == "accepted" else f"{before[batch.state]} ({counts})"


def _metadata(batches: Sequence[Batch]) -> dict[str, int | str]:
    failed = [batch.message for batch in batches if batch.state == "failed"]
    waiting = [batch.message for batch in batches if batch.state == "waiting"]
    unique = {batch.batch: batch for batch in batches if batch.state not in UNTAKEN}.values()
    return {
        "dagster/row_count": sum(batch.accepted for batch in unique),
        "read": sum(batch.rows_read for batch in unique),
        "quarantined": sum(batch.quarantined for batch in unique),
        "new batches": sum(batch.state == "accepted" for batch in batches),
        **({"failed deliveries": "\n".join(failed)} if failed else {}),
        **({"waiting deliveries": "\n".join(waiting)} if waiting else {}),
    }
