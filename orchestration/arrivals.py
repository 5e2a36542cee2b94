"""The sensor that takes up what has arrived by itself: one run of everything for each set of deliveries at rest.

What is at rest is `lake.arriving`'s to say; nothing is read, and no dbt is asked, to look.
"""

from __future__ import annotations

import hashlib

import dagster as dg

from contracts.model import Catalogue
from lake.arriving import Watch
from lake.failure import words
from lake.settings import Settings

NAME = "arrivals"
_LOOK_SECONDS = 30


def everything() -> dg.UnresolvedAssetJobDefinition:
    """The job that does what `zhongtai run` does."""
    return dg.define_asset_job("everything", dg.AssetSelection.all())


def arrivals(settings: Settings, catalogue: Catalogue) -> dg.SensorDefinition:
    """A stopped sensor on the deliveries folder.

    The cursor is the key of the last set that was asked for, and what lay there; each key follows from the one before,
    so that no set is asked for twice in a row, whatever became of its run, and one that comes back after another is.
    """
    watch = Watch(settings, catalogue)

    @dg.sensor(
        name=NAME,
        job=everything(),
        minimum_interval_seconds=_LOOK_SECONDS,
        description="Runs everything whenever deliveries have arrived, or were taken back, and are at rest",
    )
    def arrived(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        try:
            found = watch.look()
        except OSError as error:
            return dg.SkipReason(f"The deliveries cannot be looked at: {words(error)}")
        key, _, asked = (context.cursor or "").partition(" ")
        if not found or found == asked:
            return dg.SkipReason("Nothing new is at rest.")
        following = hashlib.sha256(f"{key} {found}".encode()).hexdigest()[:32]
        return dg.SensorResult([dg.RunRequest(run_key=following)], cursor=f"{following} {found}")

    return arrived
