"""Who is who, asked before the models that read the answer are built: the rows that are compared, scorer, registry.

A fault of one entity's matching is that entity's alone: its last good registry stays, and what is made of it is noted
as not built, so that nothing of it leaves. What is compared is the models' (`twins/matched.py`); how, `lake/linking`'s;
what comes of it, the registry's (`lake/identity`).
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from contracts.model import Entity
from lake.city import City
from lake.failure import words
from lake.identity.files import Registry
from lake.matched.step import match_entity, show_known
from lake.settings import Settings
from orchestration.changes.matched import records_of, tables_of
from orchestration.steps.build import begin_build
from orchestration.steps.resource import RunCity
from orchestration.transform.frame import frame, missing, refresh
from sharing.ledger import Ledger


def match_rows(run: RunCity, wanted: Collection[str]) -> dict[str, str]:
    """Match the rows of every entity whose registry is read by a table that is about to be built.

    Returns the tables that are not what they should be, as matching failed -> why.
    """
    due = [one for one in run.city.catalogue.matched if _is_due(run, one, wanted)]
    failed: dict[str, str] = {}
    if due:
        _stand(run, [records_of(entity) for entity in due], wanted)
    for entity in due:
        why = _matched(run.city, entity)
        run.done.make(dict.fromkeys(tables_of(entity), not why))
        if why:
            readers = {table for one in tables_of(entity) for table in _readers(run, one)}
            failed |= dict.fromkeys(readers | {f"theme.{entity.name}"}, why)
    return failed


def show_as_known(run: RunCity, settings: Settings, ledger: Ledger, known: datetime) -> None:
    """Have the registry of a clean lake say what that of a city said at an instant; nothing is matched."""
    entities = run.city.catalogue.matched
    if entities:
        frame(run.city.connection, missing(run.city.connection, run.manifest))
    for entity in entities:
        show_known(run.city, entity, Registry.of(settings, ledger, entity.name), known)


def _is_due(run: RunCity, entity: Entity, wanted: Collection[str]) -> bool:
    return any(not _readers(run, table).isdisjoint(wanted) for table in tables_of(entity))


def _readers(run: RunCity, table: str) -> set[str]:
    return {name for name in run.building.in_order if table in run.building.above(name)}


def _matched(city: City, entity: Entity) -> str:
    """Why an entity's rows could not be matched; empty where they were."""
    try:
        _expect_no_seed(city, entity)
        told = match_entity(city, entity)
    except Exception as error:  # whatever it is: one entity's matching never stops the city
        why = words(error)
        city.progress("match", entity.name, f"not matched: {why}")
        return f"{entity.name}: its rows could not be matched, and the registry is as it was: {why}"
    city.progress("match", entity.name, told)
    return ""


class DecidedElsewhere(RuntimeError):
    """The seed of decisions has some about an entity whose rows are matched: they would count for nothing."""

    def __init__(self, entity: str, many: int) -> None:
        self.entity, self.many = entity, many
        super().__init__(
            f"seeds/identity_decisions.csv has {many} decision(s) about {entity}, whose rows are matched: "
            "take them out, and say them to the registry "
            f"(`zhongtai match {entity} --same PAIR --why TEXT --as PERSON`)"
        )


def _expect_no_seed(city: City, entity: Entity) -> None:
    seed = city.settings.dbt_project / "seeds" / "identity_decisions.csv"
    if seed.exists():
        with seed.open(encoding="utf-8-sig", newline="") as lines:
            many = sum(row.get("entity") == entity.name for row in csv.DictReader(lines))
        if many:
            raise DecidedElsewhere(entity.name, many)


def _stand(run: RunCity, views: Collection[str], wanted: Collection[str]) -> None:
    """Have what is compared be as the models now say: views at once, and by dbt what is no view."""
    above = _above(run, views)
    nodes = {f"{node['schema']}.{node['alias']}": node for node in _models(run.manifest)}
    stored = [table for table in above & set(wanted) if nodes[table]["config"].get("materialized") != "view"]
    if stored:
        build = begin_build(
            run.city, run.manifest, [one.split(".", 1)[1] for one in stored], whole=run.full, tables=stored
        )
        run.views += build.views
        for _ in build.tables():
            pass
    new = missing(run.city.connection, run.manifest)
    run.views += frame(run.city.connection, new)
    made = {node["unique_id"] for node in new}
    older = [nodes[table] for table in sorted(above & set(wanted)) if table not in stored]
    refresh(run.city.connection, [node for node in older if node["unique_id"] not in made], run.manifest)


def _above(run: RunCity, tables: Collection[str]) -> set[str]:
    """Tables and all models that they are made of."""
    found, todo = set[str](), [*tables]
    while todo:
        table = todo.pop()
        if table in run.building.stored and table not in found:
            found.add(table)
            todo += run.building.above(table)
    return found


def _models(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
