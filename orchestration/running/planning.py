"""What a run would do now, and why: `zhongtai run --plan`. Nothing is carried, built or judged."""

from __future__ import annotations

from lake.city import declarations, open_city
from lake.guarding import expect_past
from lake.made import read_made
from lake.settings import Settings
from lake.standing import take_recalls
from lake.taken_back import take_withdrawals
from orchestration.changes.changes import Changes
from orchestration.changes.declared import declared_files
from orchestration.changes.plan import Plan, plan
from orchestration.changes.texts import texts_of, unsteady_functions
from orchestration.transform.project import compiled_manifest, fingerprint, prepare


def plan_city(settings: Settings, *, full: bool = False) -> Plan:
    """The plan of a run now (`full`: of one that does everything again). Models are compiled where they changed."""
    before, files = read_made(settings), declared_files(settings.workspace)
    catalogue = declarations(settings)
    expect_past(settings)
    prepare(settings)
    project = fingerprint(settings)
    manifest = None if project == before.project else compiled_manifest(settings)
    with open_city(settings, catalogue=catalogue) as city:
        # What was recalled or taken back since is of the plan: the lake is told of it, as a run would first.
        take_recalls(city)
        take_withdrawals(city)
        texts = texts_of(manifest, unsteady_functions(city.connection)) if manifest else None
        return plan(Changes(city, before, project, files, texts, full))
