"""Upkeep as the command line does it: Dagster's storage of the workspace is opened here, the work is `keeping`'s."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg
from sqlalchemy.exc import DatabaseError

from lake.settings import Settings
from orchestration.keeping.upkeep import maintain_city
from orchestration.running.dagster_home import prepare_dagster_home


def maintain(settings: Settings) -> dict[str, Any]:
    """Everything that upkeep does, in numbers; raises as `maintain_city`."""
    with _instance(settings) as instance:
        return maintain_city(settings, instance)


@contextmanager
def _instance(settings: Settings) -> Iterator[dg.DagsterInstance | None]:
    """The workspace's Dagster storage; None where there is none, or it is damaged: the next run makes it anew."""
    if not settings.dagster_home.is_dir():
        yield None
        return
    prepare_dagster_home(settings)
    try:
        instance = dg.DagsterInstance.from_config(str(settings.dagster_home))
        instance.get_runs(limit=1)
    except DatabaseError:
        yield None
        return
    with instance:
        yield instance
