"""The freshness gate: no source is older than its owner, or the recipient, allows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from contracts.evidence import SourceEvidence
from contracts.violation import Violation
from contracts.working_days import CalendarHorizon
from lineage.gates.gate import Case, Gate


class FreshnessGate(Gate):
    """The newest delivery of every source is no older, in working days, than its contract and the agreement allow.

    Withholds a source without a delivery, without a limit, with a delivery dated after today, or older than the
    stricter of the two limits.
    """

    name = "freshness"
    title_zh = "时效"
    title_en = "Freshness"

    def violations(self, case: Case) -> Iterator[Violation]:
        """Judge each source by itself."""
        for source in case.evidence.sources:
            yield from self._source(case, source)

    def _source(self, case: Case, source: SourceEvidence) -> Iterator[Violation]:
        newest, today = source.newest_delivery, case.evidence.today
        if newest is None or source.freshness_working_days is None:
            yield self.refuse(
                "delivery_known",
                source.dataset,
                f"newest delivery: {newest or 'none'}; allowed age in working days: "
                f"{source.freshness_working_days or 'not said'}",
                "land a delivery, and state freshness_working_days in the dataset's contract",
            )
        elif newest > today:
            yield self.refuse(
                "delivery_not_in_future",
                source.dataset,
                f"the newest delivery is dated {newest}, after today, {today}",
                "correct the date in the delivery's path",
                newest=newest.isoformat(),
                today=today.isoformat(),
            )
        else:
            yield from self._judged(case, source, newest)

    def _judged(self, case: Case, source: SourceEvidence, newest: date) -> Iterator[Violation]:
        try:
            age = case.working_days(newest, case.evidence.today)
        except CalendarHorizon as horizon:
            fix = "install a newer chinesecalendar, or declare the days (calendar) in zhongtai.yml"
            yield self.refuse("calendar_known", source.dataset, str(horizon), fix)
        else:
            yield from self._age(case, source, age)

    def _age(self, case: Case, source: SourceEvidence, age: int) -> Iterator[Violation]:
        limits = (source.freshness_working_days, case.agreement.freshness_working_days)
        limit = min(days for days in limits if days is not None)
        if not age <= limit:
            yield self.refuse(
                "not_stale",
                source.dataset,
                f"the newest delivery, of {source.newest_delivery}, is {age} working days old; {limit} are allowed",
                "have the department deliver, then run again",
                age=age,
                limit=limit,
                newest=str(source.newest_delivery),
                today=case.evidence.today.isoformat(),
            )
