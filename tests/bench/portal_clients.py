"""A large product through the official client, and readers while a release is switched.

    python -m tests.bench.portal_clients [--megabytes 1000] [--recipients 200] [--seconds 5]

The client reads the product from the portal, and the same files from a plain server of static files that is told to
answer as the portal did; copying them from that server, and parsing nothing, is what no client can be faster than. What
the portal needs of memory for it is told besides. The readers ask and fetch all that they are shown, over and over,
while another process releases in turn two contents: each has to see one of the two, whole.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import active_children
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pyarrow.parquet as pq
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from lake.settings import load_settings
from sharing.ledger import Ledger
from sharing.recall import release_entry
from sharing.switches import record_switch
from tests.bench.portal import _TABLE, _TERMS, _TOKENS, Large, beside, fetched, prepare, served
from tests.keys import signer_in
from tests.unit.gates import cases

_CLIENT = """
import sys, time
import delta_sharing
began = time.perf_counter()
rows = len(delta_sharing.load_as_pandas(sys.argv[1], use_delta_format=False))
print(rows, time.perf_counter() - began)
"""
_ANSWER, _FILES = "answer.ndjson", "/static"


def answer_as_told(place: str, folder: str, port: int) -> None:
    """A plain server of the files of a folder, which answers every question with the lines that it was given."""

    async def told(request: Request) -> Response:
        lines = (Path(place) / _ANSWER).read_text().replace("{port}", str(port))
        return Response(lines, media_type="application/x-ndjson", headers={"Delta-Table-Version": "0"})

    every = Route("/{rest:path}", told, methods=["GET", "POST"])
    app = Starlette(routes=[Mount(_FILES, StaticFiles(directory=folder)), every])
    uvicorn.run(app, port=port, log_level="error", access_log=False)


@contextmanager
def plain(place: Path, folder: Path) -> Iterator[str]:
    """The plain server's address."""
    with beside(answer_as_told, str(place), str(folder)) as base:
        yield base


def read_by_client(place: Path, base: str, token: str, rows: int) -> float:
    """Seconds in which the official client has the whole table as a frame, in a process of its own."""
    told = {"shareCredentialsVersion": 1, "endpoint": f"{base}/delta-sharing", "bearerToken": token}
    profile = place / "profile.json"
    profile.write_text(json.dumps(told))
    schema = _TERMS.name.removeprefix(f"{_TERMS.agency}__")
    table = f"{profile}#city.{schema}.{_TERMS.product}"
    said = subprocess.run([sys.executable, "-c", _CLIENT, table], check=True, capture_output=True, text=True)
    found, seconds = said.stdout.split()[-2:]
    assert int(found) == rows
    return float(seconds)


def large(place: Path, megabytes: int) -> None:
    """Print what the client needs for the product, from the portal and from the plain server."""
    prepare(place, 1, megabytes)
    (token,), rows = json.loads((place / _TOKENS).read_text()), megabytes * 125_000
    release = next((place / ".zhongtai" / "releases").glob(f"{_TERMS.name}/*/part-0.parquet")).parent
    with served(place) as base:
        answer = urllib.request.urlopen(
            urllib.request.Request(base + _TABLE + "/query", b"{}", {"Authorization": f"Bearer {token}"})
        ).read()
        (process,) = active_children()
        before = _memory(process.pid)
        lines = re.sub(r'"url":"[^"]*"', f'"url":"http://127.0.0.1:{{port}}{_FILES}/part-0.parquet"', answer.decode())
        (place / _ANSWER).write_text(lines)
        ours = min(read_by_client(place, base, token, rows) for _ in range(2))
        grown = _memory(process.pid) - before
    with plain(place, release) as address:
        theirs = min(read_by_client(place, address, token, rows) for _ in range(2))
        copied = min(fetched(f"{address}{_FILES}/part-0.parquet") for _ in range(3))
    print(
        f"{megabytes} MB by the official client: {ours:.1f} s; {theirs / ours:.2f} of its speed at a plain server of "
        f"static files (aim 0.80), {copied / ours:.2f} of copying them; the portal grew by {grown:.0f} MB",
        flush=True,
    )


def _memory(process: int | None) -> float:
    """The most that a process ever had, in megabytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


class Turns(Large):
    """A city that releases two contents in turn."""

    def turn(self, ledger: Ledger, number: int) -> None:
        """Release the one or the other."""
        self.rows = 4_000 + number % 2
        release = self.publish()
        entry = release_entry(ledger, release, ())
        if entry is not None:
            ledger.append("release", entry, cases.NOW)
        record_switch(ledger, release.agreement, release.release_id, cases.NOW)


async def read_over_and_over(base: str, tokens: Sequence[str], seconds: int) -> Counter[str]:
    """What readers saw: by how many rows a table had that was whole, or what else it was."""
    seen: Counter[str] = Counter()
    limits = httpx.Limits(max_connections=len(tokens), max_keepalive_connections=len(tokens))
    until = time.perf_counter() + seconds
    async with httpx.AsyncClient(base_url=base, limits=limits, timeout=60) as client:

        async def reader(token: str) -> None:
            while time.perf_counter() < until:
                seen[await _read(client, token)] += 1

        await asyncio.gather(*map(reader, tokens))
    return seen


async def _read(client: httpx.AsyncClient, token: str) -> str:
    asked = await client.post(f"{_TABLE}/query", json={}, headers={"Authorization": f"Bearer {token}"})
    if asked.status_code != 200:
        return f"refused {asked.status_code}"
    lines = [json.loads(line) for line in asked.text.splitlines()]
    rows = 0
    for file in (line["file"] for line in lines if "file" in line):
        got = await client.get(file["url"])
        if got.status_code != 200:
            return f"refused {got.status_code}"
        rows += pq.ParquetFile(io.BytesIO(got.content)).metadata.num_rows
    return f"{rows} rows"


def switching(place: Path, recipients: int, seconds: int) -> bool:
    """Print what readers saw while releases were switched; whether each saw one of the two, whole."""
    prepare(place, recipients, 1)
    tokens = json.loads((place / _TOKENS).read_text())
    settings = load_settings(place, {"ZHONGTAI_NOW": cases.NOW.isoformat()})
    done, turns = threading.Event(), 0
    with served(place) as base, Ledger.open(settings.ledger, signer_in(settings.keys)) as ledger:
        city = Turns(settings.state, signer_in(settings.keys))
        city.turn(ledger, 0)

        def publish() -> None:
            nonlocal turns
            while not done.wait(0.1):
                turns += 1
                city.turn(ledger, turns)

        publisher = threading.Thread(target=publish)
        publisher.start()
        try:
            seen = asyncio.run(read_over_and_over(base, tokens, seconds))
        finally:
            done.set()
            publisher.join()
    whole = {"4000 rows", "4001 rows"}
    told = ", ".join(f"{what}: {times}" for what, times in sorted(seen.items()))
    print(f"{recipients} readers while {turns} releases were switched: {told}  (aim: those two alone)", flush=True)
    return set(seen) <= whole and turns > 0


def main() -> int:
    """Print both; 1 where a reader saw anything but one whole version."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--recipients", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=5)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        sound = switching(Path(folder), given.recipients, given.seconds)
    with TemporaryDirectory() as folder:
        large(Path(folder), given.megabytes)
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
