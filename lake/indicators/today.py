"""What a city knows today that decides about values: lateness, recalls, failing checks; and all values judged by it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from contracts.clock import today
from contracts.indicators import CITY
from contracts.model import Catalogue
from lake.city import declarations, expect_run
from lake.guarding import open_past
from lake.indicators.asking import Values, asked
from lake.indicators.standing import Shown, Today, standing
from lake.quality_past.lateness import newest_days, timeliness_of
from lake.quality_past.store import QualityPast
from lake.settings import Settings
from sharing.ledger import Ledger
from sharing.recall import recalled_batches


@dataclass(frozen=True)
class Looking:
    """A city's indicators, open for being looked at."""

    catalogue: Catalogue
    values: Values | None
    today: Today

    def shown(self, place: str = CITY) -> list[Shown]:
        """Every declared indicator at a place."""
        return standing(self.values, self.catalogue.indicators, self.today, place)


@contextmanager
def looking(settings: Settings) -> Iterator[Looking]:
    """For the command line: the declarations are read, and the history of deliveries brought up to date."""
    catalogue = declarations(settings)
    expect_run(settings)
    ledger, _ = open_past(settings)
    with ledger:
        past = QualityPast(settings, ledger, catalogue)
        past.look(catalogue)
        with asked(settings.state) as values:
            yield Looking(catalogue, values, today_of(settings, ledger, past))


def today_of(settings: Settings, ledger: Ledger, past: QualityPast) -> Today:
    """What decides about values now; `past` is up to date."""
    day, catalogue = today(settings.clock), past.catalogue
    with past.asked() as store:
        newest = newest_days(store)
        timeliness = {name: timeliness_of(past, newest, name, day) for name in catalogue.datasets}
        failing: dict[str, tuple[str, ...]] = {}
        rows = store.execute(
            "select tbl, name from rule where live = 1 and passed = 0 and severity = 'error' order by 1, 2"
        )
        for table, name in rows:
            failing[table] = (*failing.get(table, ()), name)
    allowed = {one.id: one.freshness_working_days for one in catalogue.datasets.values() if one.freshness_working_days}
    return Today(day, catalogue.calendar, timeliness, frozenset(recalled_batches(ledger)), failing, allowed)
