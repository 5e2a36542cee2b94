"""The catalogue of a city of many datasets: making it, its first page, searching it, harvesting it.

    python -m tests.bench.catalogue [--datasets 2200] [--runs 3] [--searches 500]

Each dataset has twenty columns; the ledger has a delivery of each, and its checks, for each run. The portal is asked in
this process, while others read. The baseline of a search is a scan of the same texts for the same words.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from contracts.load import load_catalogue
from contracts.model import Catalogue
from lake.settings import load_settings
from portal.app import application
from portal.catalogue.shelf import Shelf
from portal.catalogue.sight import Sight
from portal.city import City, url_key
from portal.guard import Guard
from portal.journal import Journal
from portal.people.people import People
from quality.declared import DuckDBEngine
from quality.rules import declared_rules
from sharing.grants import Asked, give
from sharing.ledger import Ledger
from tests.bench.many import found_city
from tests.keys import signer_in
from tests.unit.gates import cases

_WORDS = ("数据集", "set0001", "bureau07", "列3", "own title", "编号", "set 12", "bureau39 标题", "nothing", "记录")


def told(catalogue: Catalogue, run: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a run leaves in the ledger of a delivery of every dataset."""
    rules = declared_rules(catalogue)
    for dataset in catalogue.datasets.values():
        day = f"2026-11-{run + 1:02}"
        batch = {"dataset": dataset.id, "path": f"{day}/x.csv", "state": "accepted", "batch": f"{dataset.name}{run}"}
        yield "batch", {**batch, "delivered_on": day, "run_id": f"r{run}"}
        for table in (f"raw.{dataset.table}", f"staging.stg_{dataset.table}"):
            for rule in rules.get(table, ()):
                yield "check", _check(table, rule.name, rule.dimension, run)


def _check(table: str, rule: str, dimension: str, run: int) -> dict[str, Any]:
    none = dict.fromkeys(("column", "observed", "error", "data_version"))
    told = {
        "table": table,
        "rule": rule,
        "dimension": dimension,
        "severity": "error",
        "passed": True,
        "run_id": f"r{run}",
    }
    return {**told, **none, "rows": 5, "failing_rows": 0}


@contextmanager
def city_of(place: Path, datasets: int, runs: int) -> Iterator[City]:
    """A city of so many datasets, that ran so often."""
    found_city(place, datasets)
    began = time.perf_counter()
    catalogue = load_catalogue(place, engine=DuckDBEngine())
    print(f"declarations read                    {time.perf_counter() - began:8.2f} s", flush=True)
    settings = load_settings(place, {"ZHONGTAI_NOW": cases.NOW.isoformat()})
    with Ledger.open(settings.ledger, signer_in(settings.keys)) as ledger:
        for run in range(runs):
            ledger.append_many(told(catalogue, run), cases.NOW)
        yield City(settings, catalogue, ledger, Journal(ledger, settings.clock), url_key(settings))


async def asked(
    app: Any, paths: Sequence[str], headers: dict[str, str], between: Callable[[], object] = lambda: None
) -> list[float]:
    """How long each answer took, in milliseconds; something else happens before each."""
    took = []
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://portal", headers=headers) as client:
        for path in paths:
            between()
            began = time.perf_counter()
            answer = await client.get(path)
            took.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, (path, answer.status_code)
    return took


def scanned(texts: Sequence[str], words: Sequence[str]) -> float:
    """Milliseconds to look through all texts for one word, of the slowest of some."""
    took = []
    for word in words:
        began = time.perf_counter()
        sum(word in text for text in texts)
        took.append((time.perf_counter() - began) * 1000)
    return max(took)


def main() -> int:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--datasets", type=int, default=2200)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--searches", type=int, default=500)
    given = parser.parse_args()
    with TemporaryDirectory(prefix="catalogue-") as folder, city_of(Path(folder), given.datasets, given.runs) as city:
        began = time.perf_counter()
        view = Shelf(city).view(Sight(inside=True))
        entries = city.ledger.size()
        print(f"made of {entries:,} entries          {time.perf_counter() - began:8.2f} s   aim 60 s", flush=True)
        people = People(city, "http://portal")
        app = Guard(application(city, people))
        who = {"Authorization": f"Bearer {give(city.ledger, Asked('archive', 90), cases.NOW)[1]}"}
        first, again = asyncio.run(asked(app, ["/catalogue", "/catalogue"], who))
        print(f"first page, all made for it          {first:8.0f} ms", flush=True)
        print(f"first page                           {again:8.0f} ms  aim 1,000 ms", flush=True)
        paths = [f"/catalogue?q={_WORDS[n % len(_WORDS)]}" for n in range(given.searches)]
        read = ("read", {"recipient": "archive"}, cases.NOW)
        took = sorted(asyncio.run(asked(app, paths, who, lambda: city.ledger.append(*read))))
        texts = [
            f"{one.title_zh} {one.id} " + " ".join(f"{f.name} {f.title_zh}" for f in one.fields)
            for one in view.known.values()
        ]
        base = scanned(texts, _WORDS)
        at99 = took[int(len(took) * 0.99)]
        print(f"a search: median {took[len(took) // 2]:.1f} ms, 99 of 100 within {at99:.1f} ms  aim 100 ms", flush=True)
        print(f"    a scan of the texts alone: {base:.1f} ms", flush=True)
        pages = -(-len(view.known) // 100)
        for path in ("/catalog.jsonld", "/catalog.ttl"):
            leaves = asyncio.run(asked(app, [f"{path}?page={n + 1}" for n in range(pages)], who))
            print(f"{path}: {pages} pages in {sum(leaves) / 1000:.2f} s, the slowest {max(leaves):.0f} ms", flush=True)
        one = asyncio.run(asked(app, [f"/catalogue/{name}" for name in list(view.known)[:50]], who))
        print(f"a resource: the slowest of 50 {max(one):.0f} ms", flush=True)
        people.store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
