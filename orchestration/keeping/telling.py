"""Digests as Dagster sends them: one job of one step, and a schedule for the morning. What is told is `lake`'s."""

import dagster as dg

from lake.alerts.day import day_of_city
from lake.city import open_books_beside
from lake.failure import StepFailed, told
from lake.settings import Settings
from orchestration.automation import TIME_ZONE

JOB = "digest"
# Before stewards are at work, after the nightly deliveries' runs.
_CRON = "30 7 * * *"


def digest_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """The stopped schedule, with its job."""

    @dg.op(name="tell", description="tells each steward what is newly bad, once a day")
    def tell(context: dg.OpExecutionContext) -> None:
        with told("digest"), open_books_beside(settings) as (ledger, _):
            sent = day_of_city(settings, ledger).send(settings.clock.now)
        context.add_output_metadata({"sent": sum(one.state == "sent" for one in sent)})
        failed = [f"{one.told.person} by {one.told.way}: {one.why}" for one in sent if one.state == "failed"]
        if failed:
            raise StepFailed("digest", f"{len(failed)} did not go out: {'; '.join(failed)}")

    @dg.job(name=JOB, description="digests of what is bad")
    def digest() -> None:
        tell()

    return dg.ScheduleDefinition(name=JOB, job=digest, cron_schedule=_CRON, execution_timezone=TIME_ZONE)
