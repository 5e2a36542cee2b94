"""The workspace's own Dagster storage, opened: one process at a time makes or mends it. What it is told is
`dagster_home`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from sqlalchemy.exc import DatabaseError

from lake.one_writer import one_writer
from lake.settings import Settings
from orchestration.running.dagster_home import prepare_dagster_home, put_by


@contextmanager
def open_instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """Dagster's instance of a workspace, so that `zhongtai ui` shows the runs of the command line."""
    # Two that make the same tables at once would each find half of them.
    with one_writer(settings.state, name="dagster"):
        prepare_dagster_home(settings)
        try:
            instance = _ready(settings)
        except DatabaseError:
            # What Dagster keeps is no evidence: damaged, it is put by and begun anew.
            put_by(settings)
            instance = _ready(settings)
    with instance:
        yield instance


def _ready(settings: Settings) -> dg.DagsterInstance:
    instance = dg.DagsterInstance.from_config(str(settings.dagster_home))
    instance.get_runs(limit=1)
    return instance
