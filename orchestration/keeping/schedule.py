"""Upkeep as Dagster runs it: one job of one step, and a schedule by night. What upkeep does is `upkeep`'s."""

import dagster as dg

from lake.failure import StepFailed, told
from lake.settings import Settings
from orchestration.automation import TIME_ZONE
from orchestration.keeping.upkeep import maintain_city

JOB = "maintain"
# After the nightly deliveries' runs would have ended, and before anybody is at work.
_CRON = "30 3 * * *"


def upkeep_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """The stopped schedule, with its job."""

    @dg.op(name="keep_up", description="compacts the lake, lets go what its retention is over, clears what runs left")
    def keep_up(context: dg.OpExecutionContext) -> None:
        with told("upkeep"):
            found = maintain_city(settings, context.instance, context.run_id)
            faults = len(found["audit"]["faults"])
            if faults:
                raise StepFailed("upkeep", f"done; the audit of what is new found {faults} faults: `zhongtai audit`")
        context.add_output_metadata({"removed files": found["lake"]["removed"]})

    @dg.job(name=JOB, description="upkeep of lake, landing, and what runs leave")
    def maintain() -> None:
        keep_up()

    return dg.ScheduleDefinition(name=JOB, job=maintain, cron_schedule=_CRON, execution_timezone=TIME_ZONE)
