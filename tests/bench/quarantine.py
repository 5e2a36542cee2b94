"""What quarantine and cases cost in a city of thousands of datasets: the first reading, the lists, and a page's share.

    python -m tests.bench.quarantine [--datasets 2200] [--days 50] [--cases 500]

Entries are made up: a delivery a day of each dataset, of every fifth of which rows are rejected. The baseline is to
read the same entries of the ledger and nothing more. The first reading of all is once for each state.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from contracts.acts import DeclaredPersons
from contracts.calendar import Calendar
from contracts.jurisdiction import Jurisdiction, Limit
from contracts.model import Catalogue
from lake.acts import Persons
from lake.corrections.reading import Book
from lake.corrections.told import open_cases
from lake.quarantine.book import QuarantineBook, paths
from sharing.cases.deadlines import Rules
from sharing.corrections.deadlines import LIMITS
from sharing.corrections.steps import KIND
from sharing.ledger import Ledger
from tests.bench.measure import heading, line, timed
from tests.unit.lake.desk import people

AT = datetime(2026, 6, 1, 1, tzinfo=UTC)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", type=int, default=2200)
    parser.add_argument("--days", type=int, default=50)
    parser.add_argument("--cases", type=int, default=500)
    asked = parser.parse_args()
    os.fsync = lambda fd: None
    with TemporaryDirectory() as folder, Ledger.open(Path(folder) / "ledger.sqlite") as ledger:
        write(ledger, asked.datasets, asked.days, asked.cases)
        compare(ledger, catalogue(asked.datasets))


def write(ledger: Ledger, datasets: int, days: int, cases: int) -> None:
    """Deliveries of so many days, and so many cases about the first of them."""
    first = date(2026, 6, 1) - timedelta(days=days)
    for day in range(days):
        at = (first + timedelta(days=day)).isoformat()
        ledger.append_many([("batch", _batch(number, day, at)) for number in range(datasets)], AT)
    about = {"title": "t", "department": "d0", "dataset": _name(0), "rule": "type:age", "rows": 3}
    said = {"seat": "steward", "person": "stella", "words": "w"}
    for number in range(cases):
        opened = {"case": f"C20260601-{number:010d}", "doing": "open", "kind": "correction"}
        ledger.append(KIND, {**opened, **said, "about": {**about, "batch": f"b{number}"}}, AT)


def _name(number: int) -> str:
    return f"d{number // 50}.t{number}"


def _batch(number: int, day: int, at: str) -> dict[str, object]:
    rows = 3 if (number + day) % 5 == 0 else 0
    counts = {"read": 100, "accepted": 100 - rows, "quarantined": rows, "reasons": {"type:age": rows} if rows else {}}
    told = {"dataset": _name(number), "path": f"{at}/{number}.csv", "state": "accepted", "batch": f"{day}-{number}"}
    return {**told, **counts, "delivered_on": at, "delivery": day, "message": "", "contract": "c"}


def catalogue(datasets: int) -> Catalogue:
    """A city of so many datasets."""
    one = people()
    every = (replace(one, department=f"d{number // 50}", name=f"t{number}") for number in range(datasets))
    known = {each.id: each for each in every}
    return Catalogue("c", "c", "c", Path(), Path(), {}, known, {}, {}, {}, {})


def compare(ledger: Ledger, known: Catalogue) -> None:
    """Each question against reading the entries that it is answered from."""
    base = timed(lambda: sum(1 for _ in ledger.kept_after(("batch",), 0)))
    place = ledger.path.with_name("quarantine.sqlite")
    book = QuarantineBook(ledger, place)
    heading(f"quarantine of {len(known.datasets):,} datasets, {ledger.size():,} entries")
    line("first reading of all, and the list", timed(lambda: book.open(known)), base)
    line("the list, by a process that starts anew", timed(lambda: QuarantineBook(ledger, place).open(known)), base)
    line("the list again", timed(lambda: book.open(known)), base)
    ledger.append("batch", _batch(0, 999, "2026-06-01"), AT)
    line("the list after one more delivery", timed(lambda: book.open(known)), base)
    one = known.datasets[_name(0)]
    line("a dataset's batches, and where each lies", timed(lambda: (book.rejected(one), paths(ledger, one))), base)
    cases = Book(ledger, Persons(DeclaredPersons({}), Path("none")))
    line("first reading of cases", timed(cases.cases), base)
    rules = Rules(Jurisdiction("x", limits={name: Limit(10, "l") for name in LIMITS.values()}), Calendar())
    found = cases.cases().values()
    line(f"{len(found)} open cases with their deadlines", timed(lambda: open_cases(found, rules, AT)), base)


if __name__ == "__main__":
    main()
