"""The sample city, run once through the command line for every module that judges it.

Its deliveries, its two runs, and what was planted where nobody may see it. What must follow is the tests' business.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lake.attach import open_lake
from lake.settings import Settings, load_settings
from lake.versions import content_version
from sharing.chain import Entry
from sharing.ledger import Ledger
from tests.command import Said, call
from tests.sample_city.generate import generate

ROOT = Path(__file__).resolve().parents[2]
COMMAND = "import sys; from lake.cli import main; sys.exit(main())"
PEOPLE, SEED, NOW = 800, 7, "2026-11-21T10:00:00+08:00"

BAD_DELIVERY = "2026-11-20/ecology/readings.sqlite"

# What must be found nowhere: in a note that nobody may share, where a number belongs (its message must not quote it),
# and in a record that cannot be read.
NOTE, AMOUNT, BROKEN = "kanarie0note7731", "kanarie1amount7732", "kanarie2broken7733"

# Loaded by every Python process of a run before anything else: no address but this machine's is ever asked for.
GUARD = """
import os, socket
def _refuse(address):
    host = address[0] if isinstance(address, tuple) else None
    if host in (None, "", "localhost", "::1") or str(host).startswith("127."):
        return
    with open(os.environ["GUARD_NOTES"], "a") as notes:
        notes.write(repr(address) + chr(10))
    raise OSError("this city has no network")
def _guarded(name):
    plain = getattr(socket.socket, name)
    def call(self, *arguments):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _refuse(arguments[-1])
        return plain(self, *arguments)
    setattr(socket.socket, name, call)
for _name in ("connect", "connect_ex", "sendto"):
    _guarded(_name)
_look_up = socket.getaddrinfo
def _asked(host, *arguments, **named):
    _refuse((host.decode() if isinstance(host, bytes) else host,))
    return _look_up(host, *arguments, **named)
socket.getaddrinfo = _asked
"""


Release = dict[str, Any]


@dataclass(frozen=True)
class SampleCity:
    """Deliveries, the state of the runs on them, and what was ever printed (but for rows that were asked for)."""

    place: Path
    environment: dict[str, str]
    printed: list[str]

    @property
    def deliveries(self) -> Path:
        return self.place / "deliveries"

    @property
    def attempts(self) -> Path:
        return self.place / "attempts.txt"

    @property
    def settings(self) -> Settings:
        return load_settings(environment=self.environment)

    def apart(self, *arguments: str, code: str = COMMAND) -> Said:
        """One command in a process of its own, which the guard watches."""
        command = [sys.executable, "-c", code, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        return self._heard(arguments, Said(done.returncode, done.stdout, done.stderr))

    def call(self, *arguments: str) -> Said:
        """One command in this process."""
        own = {name: value for name, value in self.environment.items() if name.startswith("ZHONGTAI_")}
        return self._heard(arguments, call(*arguments, environment=own))

    def _heard(self, arguments: tuple[str, ...], said: Said) -> Said:
        if "--rows" not in arguments:
            self.printed.extend((said.out, said.err))
        return said

    def ask(self, *arguments: str, status: int = 0) -> dict[str, Any]:
        """The JSON of one command, which must exit with `status`; runs and verifications are watched."""
        watched = arguments[0] in ("run", "verify")
        said = (self.apart if watched else self.call)(*arguments, "--json")
        assert said.status == status, f"{arguments}: {said.out[-2000:]}{said.err[-4000:]}"
        return dict(json.loads(said.out))

    def truth(self, name: str) -> list[dict[str, str]]:
        """One of the truth tables."""
        with (self.deliveries / "truth" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def accesses(self) -> list[Entry]:
        """Every look at rows that the ledger has."""
        with Ledger.open(self.settings.ledger) as ledger:
            return list(ledger.entries("access"))

    def versions(self) -> dict[str, str]:
        """The content of every table that steward and recipient see, as a digest."""
        with open_lake(self.settings, read_only=True) as connection:
            names = connection.execute(
                "select schema_name || '.' || table_name from duckdb_tables() "
                "where database_name = 'lake' and schema_name in ('theme', 'product')"
            ).fetchall()
            return {name: content_version(connection, name) for (name,) in names}


@dataclass(frozen=True)
class Before:
    """How things stood between the two runs."""

    versions: dict[str, str]
    releases: list[Release]

    def folder(self, agreement: str) -> Path:
        return next(Path(row["path"]) for row in self.releases if row["agreement"] == agreement)


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleCity]:
    place = tmp_path_factory.mktemp("sample_city")
    generate(people=PEOPLE, out=place / "deliveries", seed=SEED)
    _plant(place / "deliveries" / "2026-11-02" / "public_security" / "residents.csv", "重点关注对象", NOTE)
    _plant(place / "deliveries" / "2026-11-16" / "civil_affairs" / "subsidies.csv", "不详", AMOUNT)
    _plant(place / "deliveries" / "2026-11-16" / "civil_affairs" / "subsidies.csv", "多余", BROKEN)
    (place / "guard").mkdir()
    (place / "guard" / "sitecustomize.py").write_text(GUARD, encoding="utf-8")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("ZHONGTAI_", "PYTEST_"))},
        "ZHONGTAI_STATE": str(place / "state"),
        "ZHONGTAI_DELIVERIES": str(place / "deliveries"),
        "ZHONGTAI_NOW": NOW,
        "PYTHONPATH": str(place / "guard"),
        "GUARD_NOTES": str(place / "attempts.txt"),
    }
    yield SampleCity(place, environment, [])
    shutil.rmtree(place, ignore_errors=True)


def _plant(path: Path, value: str, canary: str) -> None:
    """Put a canary where a value of its kind stands, so that every count stays as it is."""
    content = path.read_bytes()
    planted = content.replace(value.encode("gb18030"), canary.encode("ascii"), 1)
    assert planted != content, f"{path.name} has no {value}"
    path.write_bytes(planted)


@pytest.fixture(scope="session")
def killed(city: SampleCity) -> dict[str, Any]:
    """What `status` says after a run that was killed while it built its models."""
    environment = {**city.environment, "PYTHONUNBUFFERED": "1"}
    run = subprocess.Popen([sys.executable, "-c", COMMAND, "run"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    # Some models are whole then, and the next one is being written.
    while run.poll() is None and not any(
        (Path(city.environment["ZHONGTAI_STATE"]) / "lake" / "data" / "theme").glob("*/*.parquet")
    ):
        time.sleep(0.02)
    run.kill()
    assert run.wait() == -signal.SIGKILL
    return city.ask("status")


@pytest.fixture(scope="session")
def first(city: SampleCity, killed: dict[str, Any]) -> dict[str, Any]:
    """The first run that ends: it completes what the killed one began."""
    return city.ask("run")


@pytest.fixture(scope="session")
def before(city: SampleCity, first: dict[str, Any]) -> Before:
    return Before(city.versions(), city.ask("releases")["releases"])


@pytest.fixture(scope="session")
def second(city: SampleCity, before: Before) -> dict[str, Any]:
    """The second run, with an empty file where a database belongs."""
    empty = city.deliveries / BAD_DELIVERY
    empty.parent.mkdir(parents=True)
    empty.touch()
    return city.ask("run")
