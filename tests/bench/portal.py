"""The portal under recipients: how long an answer takes beside others, and a large file against a plain file server.

    python -m tests.bench.portal [--recipients 200] [--seconds 5] [--megabytes 500]

The portal is a process of its own. Each recipient asks for a table's metadata once a second; what is told is of all
answers. The file is fetched by its signed address, and by Python's own web server from the same folder.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import uvicorn

from contracts.model import Catalogue
from lake.settings import load_settings
from portal.app import application
from portal.city import City, url_key
from portal.guard import Guard
from portal.journal import Journal
from portal.people.people import People
from portal.serving import Place, bounded
from sharing.grants import Asked, give
from sharing.ledger import Ledger
from sharing.recall import release_entry
from sharing.switches import record_switch
from tests.keys import signer_in
from tests.servers import free_port, listens, web
from tests.unit.gates import cases
from tests.unit.sharing.conftest import City as Publishing

_TERMS = cases.agreement()
_SCHEMA = _TERMS.name.removeprefix(f"{_TERMS.agency}__")
_TABLE = f"/delta-sharing/shares/city/schemas/{_SCHEMA}/tables/{_TERMS.product}"
_TOKENS = "tokens.json"


class Large(Publishing):
    """A city whose product is as large as is asked."""

    rows = 0

    def export(self, ages: range) -> Path:
        """One file of numbers that nothing packs."""
        folder = self.root / "export"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        numbers = np.random.default_rng(1).integers(0, 2**62, self.rows)
        table = pa.table({"person_id": pa.array(["NP"] * self.rows).dictionary_encode().cast("string"), "age": numbers})
        pq.write_table(table, folder / "part-0.parquet", compression="none")
        return folder


def prepare(place: Path, recipients: int, megabytes: int) -> None:
    """Publish the product, and give every recipient a token."""
    settings = load_settings(place, {"ZHONGTAI_NOW": cases.NOW.isoformat()})
    city = Large(settings.state, signer_in(settings.keys))
    city.rows = megabytes * 125_000
    with Ledger.open(settings.ledger, city.signer) as ledger:
        release = city.publish()
        entry = release_entry(ledger, release, ())
        ledger.append("release", entry or {}, cases.NOW)
        record_switch(ledger, release.agreement, release.release_id, cases.NOW)
        tokens = [give(ledger, Asked(_TERMS.agency, 90), cases.NOW)[1] for _ in range(recipients)]
    (place / _TOKENS).write_text(json.dumps(tokens))


def listen(place: str, port: int) -> None:
    """The portal, until it is ended."""
    settings = load_settings(Path(place), {"ZHONGTAI_NOW": cases.NOW.isoformat()})
    with Ledger.open(settings.ledger, signer_in(settings.keys)) as ledger:
        agreements = {_TERMS.name: _TERMS}
        catalogue = Catalogue("city", "市", "City", Path(place), Path(place), {}, {}, {}, agreements, {}, {})
        city = City(settings, catalogue, ledger, Journal(ledger, settings.clock), url_key(settings))
        people = People(city, f"http://127.0.0.1:{port}")
        uvicorn.Server(bounded(Guard(application(city, people)), Place(port=port))).run()


@contextmanager
def beside(target: Callable[..., None], *arguments: str) -> Iterator[str]:
    """The address of a server in a process of its own: called with its arguments and a port."""
    port = free_port()
    process = get_context("spawn").Process(target=target, args=(*arguments, port), daemon=True)
    process.start()
    try:
        while not listens(port):
            assert process.is_alive()
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.join()


@contextmanager
def served(place: Path) -> Iterator[str]:
    """The portal's address."""
    with beside(listen, str(place)) as base:
        yield base


@dataclass
class Answers:
    """How long each answer took, in seconds, and how many were none."""

    took: list[float]
    bad: int = 0

    def at(self, share: float) -> float:
        """The time within which so many answers came, in milliseconds."""
        return sorted(self.took)[int(len(self.took) * share)] * 1000


async def asked(base: str, tokens: Sequence[str], seconds: int) -> Answers:
    """Every recipient asks once a second, each at its own time."""
    answers = Answers([])
    limits = httpx.Limits(max_connections=len(tokens), max_keepalive_connections=len(tokens))
    async with httpx.AsyncClient(base_url=base, limits=limits, timeout=60) as client:

        async def recipient(place: int, token: str) -> None:
            await asyncio.sleep(place / len(tokens))
            for _ in range(seconds):
                began = time.perf_counter()
                answer = await client.get(f"{_TABLE}/metadata", headers={"Authorization": f"Bearer {token}"})
                answers.took.append(time.perf_counter() - began)
                answers.bad += answer.status_code != 200
                await asyncio.sleep(max(0.0, began + 1 - time.perf_counter()))

        await asyncio.gather(*(recipient(place, token) for place, token in enumerate(tokens)))
    return answers


def fetched(url: str) -> float:
    """Seconds to fetch a file, and throw it away."""
    began = time.perf_counter()
    subprocess.run(["curl", "-sSf", "-o", os.devnull, url], check=True)
    return time.perf_counter() - began


def main() -> int:
    """Print both comparisons."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--recipients", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--megabytes", type=int, default=500)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        place = Path(folder)
        prepare(place, given.recipients, given.megabytes)
        tokens = json.loads((place / _TOKENS).read_text())
        with served(place) as base:
            query = urllib.request.Request(base + _TABLE + "/query", b"{}", {"Authorization": f"Bearer {tokens[0]}"})
            with urllib.request.urlopen(query) as answer:
                lines = [json.loads(line) for line in answer.read().splitlines()]
            url = next(line["file"]["url"] for line in lines if "file" in line)
            found = asyncio.run(asked(base, tokens, given.seconds))
            told = f"median {found.at(0.5):.1f} ms, 99 of 100 within {found.at(0.99):.1f} ms, {found.bad} refused"
            print(f"{given.recipients} recipients, once a second: {told}  (aim 50 ms)", flush=True)
            release = next((place / ".zhongtai" / "releases").glob(f"{_TERMS.name}/*/part-0.parquet")).parent
            with web(release) as plain:
                ours, theirs = (min(fetched(one) for _ in range(3)) for one in (url, f"{plain}/part-0.parquet"))
            print(f"{given.megabytes} MB: {theirs / ours:.2f} of a plain file server's speed  (aim 0.80)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
