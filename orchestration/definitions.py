"""The one assembly of the Dagster graph. Nothing else builds `Definitions`; nothing here does any work.

`dagster-webserver -m orchestration.definitions` loads `defs` for the workspace that the environment names.
"""

from __future__ import annotations

from typing import Any

import dagster as dg

from contracts.model import Catalogue
from lake.city import Progress, declarations, silent
from lake.settings import Settings, load_settings, silence_libraries
from orchestration.arrivals import arrivals
from orchestration.assets.models import model_assets
from orchestration.assets.raw import raw_asset, raw_checks
from orchestration.assets.releases import release_asset
from orchestration.automation import schedules
from orchestration.changes.declared import declared_files
from orchestration.keeping.schedule import upkeep_schedule
from orchestration.keeping.telling import digest_schedule
from orchestration.steps.resource import Asked, city_resource
from orchestration.transform.project import load_manifest
from quality.rules import declared_rules


def build_definitions(
    settings: Settings,
    *,
    catalogue: Catalogue | None = None,
    asked: Asked | None = None,
    progress: Progress = silent,
) -> dg.Definitions:
    """The whole graph of one workspace: raw, models, releases, schedules. One process executes a run."""
    wanted = asked or Asked(declared_files(settings.workspace))
    known = catalogue or declarations(settings)
    manifest: dict[str, Any] = load_manifest(settings)
    rules = declared_rules(known)
    return dg.Definitions(
        assets=[
            *(raw_asset(dataset) for dataset in known.datasets.values()),
            model_assets(known, manifest, rules),
            *(release_asset(agreement) for agreement in known.agreements.values()),
        ],
        asset_checks=[raw_checks(known, rules)],
        schedules=[*schedules(known.datasets.values()), upkeep_schedule(settings), *_telling(settings, known)],
        sensors=[arrivals(settings, known)],
        resources={"city": city_resource(settings, known, wanted, progress)},
        executor=dg.in_process_executor,
    )


def _telling(settings: Settings, known: Catalogue) -> list[dg.ScheduleDefinition]:
    return [digest_schedule(settings)] if known.alerts.to else []


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster loads: the graph of the workspace that the environment names. Importing this module does no I/O."""
    silence_libraries()
    return build_definitions(load_settings())
