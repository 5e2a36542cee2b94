"""How long it takes from a window that is stored to the wall that shows it.

    python -m tests.bench.wall [--walls 20] [--windows 30]

A portal that listens, and so many walls: each holds a connection for events, and fetches the signs anew when one comes,
as the page does. The baseline is fetching the signs alone.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import uvicorn

from contracts.load import load_catalogue
from contracts.model import Catalogue
from lake.settings import Settings, load_settings
from lake.window_file import connected, windows_file
from portal.app import application
from portal.city import City, url_key
from portal.guard import Guard
from portal.journal import Journal
from portal.people.people import People
from portal.serving import Place, bounded
from sharing.ledger import Ledger
from tests.keys import signer_in
from tests.servers import free_port, listens

_ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def served(folder: Path, catalogue: Catalogue) -> Iterator[tuple[Settings, str]]:
    """The portal of a city that has windows and nothing else."""
    settings = load_settings(folder, {})
    with Ledger.open(settings.ledger, signer_in(settings.keys)) as ledger:
        city = City(settings, catalogue, ledger, Journal(ledger, settings.clock), url_key(settings))
        port = free_port()
        people = People(city, f"http://127.0.0.1:{port}")
        server = uvicorn.Server(bounded(Guard(application(city, people)), Place(port=port)))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not listens(port):
            time.sleep(0.02)
        yield settings, f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(20)
        people.store.close()


def store(settings: Settings, number: int, sign: str) -> None:
    """One window more, whose sign has the window's number."""
    with closing(connected(windows_file(settings))) as file:
        file.execute("begin immediate")
        start = 1_800_000_000 + number * 120
        made = datetime.now(UTC).isoformat()
        cursor = file.execute(
            "insert into version (set_name, start, revision, state, watermark, rows, coverage, digest, why, made_at) "
            "values ('traffic', ?, 1, 'complete', ?, 1, 1.0, 'd', '', ?)",
            (start, start + 120, made),
        )
        file.execute("insert into sign values (?, ?, '', ?)", (cursor.lastrowid, sign, float(number)))
        file.execute("commit")


@asynccontextmanager
async def wall(client: httpx.AsyncClient, shown: dict[int, list[float]]) -> AsyncIterator[None]:
    """One wall; when it shows a window's number, the moment is noted."""

    async def look() -> None:
        async with client.stream("GET", "/wall/events", timeout=None) as answer:
            async for line in answer.aiter_lines():
                if line.startswith("event: window"):
                    text = (await client.get("/wall/signs")).text
                    for number in (int(one) for one in shown if f'<span class="big">{one}</span>' in text):
                        shown[number].append(time.perf_counter())

    task = asyncio.create_task(look())
    try:
        yield
    finally:
        task.cancel()


async def measured(settings: Settings, base: str, walls: int, windows: int, sign: str) -> list[float]:
    """Seconds from each stored window to each wall that shows it."""
    shown: dict[int, list[float]] = {number: [] for number in range(100, 100 + windows)}
    began: dict[int, float] = {}
    limits = httpx.Limits(max_connections=walls * 2 + 5)
    async with httpx.AsyncClient(base_url=base, limits=limits, timeout=30) as client:
        opened = [wall(client, shown) for _ in range(walls)]
        for one in opened:
            await one.__aenter__()
        await asyncio.sleep(2)
        for number in shown:
            store(settings, number, sign)
            began[number] = time.perf_counter()
            await asyncio.sleep(1.5)
        for one in opened:
            await one.__aexit__(None, None, None)
    late = sum(len(moments) < walls for moments in shown.values())
    print(f"{walls} walls, {windows} windows; {late} windows were not shown by every wall")
    return [moment - began[number] for number, moments in shown.items() for moment in moments]


async def fetched(base: str, times: int) -> list[float]:
    """Seconds of fetching the signs alone."""
    found = []
    async with httpx.AsyncClient(base_url=base, timeout=30) as client:
        for _ in range(times):
            begun = time.perf_counter()
            await client.get("/wall/signs")
            found.append(time.perf_counter() - begun)
    return found


def main() -> None:
    """Measure once, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--walls", type=int, default=20)
    parser.add_argument("--windows", type=int, default=20)
    asked = parser.parse_args()
    catalogue = load_catalogue(_ROOT)
    own = replace(catalogue.windows["traffic"], since=datetime(2020, 1, 1, tzinfo=UTC))
    catalogue = replace(catalogue, windows={"traffic": own})
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), catalogue) as (settings, base):
        sign = own.signs[0].name
        store(settings, 1, sign)
        alone = statistics.median(asyncio.run(fetched(base, 50)))
        took = sorted(asyncio.run(measured(settings, base, asked.walls, asked.windows, sign)))
    middle, most = statistics.median(took), took[-1]
    print(f"the signs alone     {alone:7.3f} s")
    print(
        f"stored to shown     {middle:7.3f} s in the middle, {most:.3f} s at most   {middle / alone:.1f} x   (aim: 1 s)"
    )


if __name__ == "__main__":
    main()
