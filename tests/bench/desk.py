"""The desk of a city of many datasets with years of history: what its start costs, its first page, and each other.

    python -m tests.bench.desk [--datasets 300] [--days 300] [--asked 300]

Deliveries of all days are written into the ledger; of checks the newest, which is what `maintain` leaves of them in the
ledger's own file. The store of quality has all days, as one that was kept up to date has. The portal is asked in this
process. The baseline is to read the bytes of ledger and stores.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from contracts.model import Catalogue
from lake.quality_past.schema import connected
from lake.quality_past.store import QualityPast
from lake.quarantine.store import place_of_store
from portal.city import City
from portal.serving import settle_memory
from sharing.corrections.steps import KIND
from sharing.ledger import Ledger
from tests.bench.catalogue import city_of
from tests.bench.catalogue import told as run_told
from tests.bench.measure import Took, heading, line, timed
from tests.bench.quality import Asking, history, told
from tests.unit.gates import cases

_CASES = 200


def main() -> int:
    """Print the table; 1 where an aim is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--datasets", type=int, default=300)
    parser.add_argument("--days", type=int, default=300)
    parser.add_argument("--asked", type=int, default=300)
    asked = parser.parse_args()
    os.fsync = lambda fd: None
    with TemporaryDirectory() as place, city_of(Path(place), asked.datasets, 0) as city:
        past = QualityPast(city.settings, city.ledger, city.catalogue)
        told("the past is written", lambda: lived(city, past, asked.days))
        return measured(city, past, asked.asked)


def lived(city: City, past: QualityPast, days: int) -> None:
    """So many days of deliveries, cases, a run's checks, and a store of quality that followed all of it."""
    city.ledger.append_many(run_told(city.catalogue, 0), cases.NOW)
    past.read_on(0)
    history(past, days)
    past.judge_all()
    for day in range(days):
        city.ledger.append_many(delivered(city.catalogue, day, days), cases.NOW)
    city.ledger.append_many(opened(city.catalogue), cases.NOW)
    store, head = connected(past.path), city.ledger.head()
    read = [("read_to", str(head.seq)), ("digest", head.digest)]
    store.executemany("insert or replace into meta values (?, ?)", read)
    store.close()


def delivered(catalogue: Catalogue, day: int, days: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """A day's delivery of every dataset; of each fifth some rows are rejected, most of which the next one mends."""
    on = (cases.NOW.date() - timedelta(days=days - day)).isoformat()
    for number, name in enumerate(catalogue.datasets):
        rows = 3 if (number + day) % 5 == 0 else 0
        reasons = {"type:c1": rows} if rows else {}
        counts = {"read": 1000, "accepted": 1000 - rows, "quarantined": rows, "reasons": reasons}
        told = {"dataset": name, "path": f"{on}/{name}.csv", "state": "accepted", "batch": f"{name}-{on}", "run_id": on}
        yield "batch", {**told, **counts, "delivered_on": on, "delivery": day, "message": "", "contract": "c" * 64}
        if day and (number + day - 1) % 5 == 0 and day % 10:
            before = (cases.NOW.date() - timedelta(days=days - day + 1)).isoformat()
            yield "corrected", {"dataset": name, "batch": f"{name}-{before}", "by": {f"{name}-{on}": 3}, "rows": 3}


def opened(catalogue: Catalogue) -> Iterator[tuple[str, dict[str, Any]]]:
    """Cases about the first dataset."""
    name = next(iter(catalogue.datasets))
    about = {"title": "t", "department": name.partition(".")[0], "dataset": name, "rule": "type:c1", "rows": 3}
    said = {"seat": "steward", "person": "stella", "words": "w"}
    for number in range(_CASES):
        begun = {"case": f"C20260601-{number:010d}", "doing": "open", "kind": "correction"}
        yield KIND, {**begun, **said, "about": {**about, "batch": f"b{number}"}}


def measured(city: City, past: QualityPast, asked: int) -> int:
    """Print what the start and pages cost."""
    files = [city.ledger.path, past.path]
    base = timed(lambda: [read_whole(file) for file in files])
    before = memory()
    size = sum(file.stat().st_size for file in files)
    heading(f"{city.ledger.size():,} entries, {size / 1e6:,.0f} MB of ledger and store")
    asking = Asking(city)
    state = asking.portal.state
    state.past.kept = True  # by a thread, while it serves
    line("start: the catalogue", timed(state.shelf.warm), base)
    line("start: findings, quarantine folded the first time", timed(state.morning.warm), base)
    print(
        f"{'':46} {memory() - before:,.0f} MB more than declarations and bench, {memory():,.0f} MB in all", flush=True
    )
    asking = Asking(city)
    asking.portal.state.past.kept = True
    line("a later start: rules", timed(asking.portal.state.rules.warm), base)
    line("a later start: the catalogue", timed(asking.portal.state.shelf.warm), base)
    line("a later start: findings", timed(asking.portal.state.morning.warm), base)
    settle_memory()
    first = asking.get("/")
    line("the first page", first, base, "1 s")
    city.ledger.append_many(delivered(city.catalogue, 0, 0), cases.NOW)
    after = asking.get("/")
    line("the first page after a run that delivered all", after, base, "1 s")
    city.ledger.append("read", {"recipient": "archive"}, cases.NOW)
    line("the first page after one entry more", asking.get("/"), base, "1 s")
    line("the store of quarantine, read", timed(lambda: read_whole(place_of_store(city.settings))), base)
    worst = pages(asking, city.catalogue, city.ledger, asked)
    return 0 if max(first.processor, after.processor) <= 1 and worst <= 0.3 else 1


def pages(asking: Asking, catalogue: Catalogue, ledger: Ledger, asked: int) -> float:
    """Each page of the desk as often as the others, something having been told before each; p99 of the worst."""
    every = [*addresses(list(catalogue.datasets), list(catalogue.departments))]
    took: dict[str, list[float]] = {}
    walls: list[float] = []
    for n in range(asked):
        kind, path = every[n % len(every)]
        ledger.append("read", {"recipient": "archive"}, cases.NOW)
        one: Took = asking.get(path)
        took.setdefault(kind, []).append(one.processor)
        walls.append(one.wall)
    for kind, each in sorted(took.items(), key=lambda item: -max(item[1])):
        print(f"  {kind:34} median {1000 * middle(each):6.0f} ms   slowest {1000 * max(each):6.0f} ms", flush=True)
    everything = sorted(one for each in took.values() for one in each)
    worst = everything[min(len(everything) - 1, int(len(everything) * 0.99))]
    print(f"{asked} pages: p99 {1000 * worst:.0f} ms of processor; median {1000 * middle(walls):.0f} ms  aim 300 ms")
    return worst


def addresses(datasets: list[str], departments: list[str]) -> Iterator[tuple[str, str]]:
    """Kinds of page, each with several addresses."""
    for n in range(12):
        name = datasets[n * len(datasets) // 12]
        department, _, short = name.partition(".")
        yield from (
            (path, path) for path in ("/", "/findings", "/quarantine", "/cases", "/rules", "/releases", "/quality")
        )
        yield from ((path, path) for path in ("/quality/compare", "/catalogue", "/requests"))
        yield "/quarantine/<dataset>", f"/quarantine/{name}"
        yield "/catalogue/<dataset>", f"/catalogue/{name}"
        yield "/quality/<department>", f"/quality/{departments[n % len(departments)]}"
        yield "/quality/<department>/<dataset>", f"/quality/{department}/{short}"
        yield "/rules/<table>", f"/rules/raw.{name.replace('.', '__')}"
        yield "/findings?department=", f"/findings?department={department}"
        yield "/quarantine?department=", f"/quarantine?department={department}"
        yield "/catalogue?q=", f"/catalogue?q={short}"


def middle(each: Iterable[float]) -> float:
    """The median."""
    ordered = sorted(each)
    return ordered[len(ordered) // 2]


def read_whole(file: Path) -> int:
    """The bytes of a file, read once."""
    count = 0
    with file.open("rb") as opened_file:
        while chunk := opened_file.read(1 << 20):
            count += len(chunk)
    return count


def memory() -> float:
    """The most memory that this process had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
