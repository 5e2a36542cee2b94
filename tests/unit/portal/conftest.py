"""A portal on a city that publishes one product, asked in this process; nothing of a lake is there."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
import yaml

from contracts.acts import RoleGrant
from contracts.model import Catalogue, Rule
from contracts.violation import Severity
from lake.settings import load_settings
from portal.app import application
from portal.city import City, url_key
from portal.guard import Guard
from portal.journal import Journal
from portal.people.people import People
from portal.people.reader import Citizen
from portal.serving import Place, bounded
from sharing.grants import Asked, Grant, give, profile
from sharing.ledger import Ledger
from sharing.recall import release_entry
from sharing.release import Release
from sharing.switches import record_switch
from tests.keys import signer_in
from tests.servers import free_port, listens
from tests.unit.gates import cases
from tests.unit.sharing.conftest import City as Publishing

RECIPIENT = cases.agreement().agency
SCHEMA = cases.agreement().name.partition("__")[2]
NAME = cases.agreement().product
GRAIN = Rule("grain", "unique", ("person_id",), "accuracy", Severity.ERROR)
AGREEMENTS = {cases.agreement().name: cases.agreement(rules=(GRAIN,))}
TABLE = f"/delta-sharing/shares/city/schemas/{SCHEMA}/tables/{cases.agreement().product}"


@dataclass
class Moment:
    """A clock that is moved by hand."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def pass_by(self, **by: float) -> None:
        self.moment += timedelta(**by)


@dataclass
class Portal:
    """The portal, who publishes beside it, and the clock of both."""

    city: City
    publishing: Publishing
    clock: Moment
    app: Any
    people: People
    persons: dict[str, Any] = field(default_factory=dict)

    def publish(self, ages: range = range(80, 100), **changes: Any) -> Release:
        """Release the product, as a run does."""
        release = self.publishing.publish(ages, **changes)
        entry = release_entry(self.city.ledger, release, ())
        if entry is not None:
            self.city.ledger.append("release", entry, self.clock.now())
        record_switch(self.city.ledger, release.agreement, release.release_id, self.clock.now())
        return release

    def grant(self, recipient: str = RECIPIENT, days: int = 90, *networks: str) -> tuple[Grant, dict[str, str]]:
        """A grant, and the header that asks by it."""
        grant, text = give(self.city.ledger, Asked(recipient, days, networks, "office"), self.clock.now())
        return grant, {"Authorization": f"Bearer {text}"}

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request, from this machine."""

        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=(more.pop("address", "127.0.0.1"), 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://portal") as client:
                return await client.request(method, path, **more)

        return asyncio.run(asked())

    def sign_in(self, name: str, *roles: RoleGrant, keys: Sequence[str] = ()) -> dict[str, str]:
        """Declare a person with roles, sign them in, and the header of their browser."""
        self.persons[name] = {
            "title": {"zh": name, "en": name},
            "roles": [_declared(one) for one in roles],
            "keys": [{"key": key, "from": "2026-01-01", "until": "2028-12-31"} for key in keys],
        }
        file = self.city.settings.workspace / "contracts" / "persons.yml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(yaml.safe_dump({"persons": self.persons}, allow_unicode=True), encoding="utf-8")
        return self.begin(name)

    def begin(self, name: str, citizen: Citizen | None = None) -> dict[str, str]:
        """A session of somebody, and the header of their browser."""
        return {"Cookie": f"zt={self.people.sessions.begin(name, self.clock.now(), citizen)}"}

    def post(self, path: str, form: Mapping[str, str], as_: Mapping[str, str] | None = None) -> httpx.Response:
        """A form, as the page of a portal sends it."""
        told = dict(as_ or {})
        session = self.people.sessions.find(told.get("Cookie", "").removeprefix("zt="), self.clock.now())
        token = {"csrf": self.people.sessions.form_token(session)} if session else {}
        return self.ask("POST", path, data={**token, **form}, headers={**told, "Origin": "http://portal"})

    def reads(self) -> list[dict[str, Any]]:
        """What the ledger says was read."""
        return [dict(entry.body) for entry in self.city.ledger.entries("read")]


def _declared(role: RoleGrant) -> dict[str, Any]:
    told = {"role": str(role.role), "from": role.valid_from, "until": role.valid_until}
    return told | {name: value for name in ("department", "agency") if (value := getattr(role, name))}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers without an end would have none in this process: they end at once, but where a test says otherwise."""
    monkeypatch.setattr("portal.wall.routes.LONGEST", timedelta(0))


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    with portal_at(tmp_path) as found:
        yield found


@contextmanager
def portal_at(place: Path) -> Iterator[Portal]:
    """A portal whose city lies in an empty folder."""
    settings = load_settings(place, {"ZHONGTAI_NOW": cases.NOW.isoformat()})
    clock = Moment(cases.NOW)
    settings = replace(settings, clock=clock)
    publishing = Publishing(settings.state, signer_in(settings.keys))
    with Ledger.open(settings.ledger, publishing.signer) as ledger:
        catalogue = Catalogue("city", "某市", "A City", place, place, {}, {}, {}, AGREEMENTS, {}, {})
        city = City(settings, catalogue, ledger, Journal(ledger, clock), url_key(settings))
        people = People(city, "http://portal")
        yield Portal(city, publishing, clock, Guard(application(city, people)), people)
        people.store.close()


@pytest.fixture
def unlocked() -> Callable[[Path], None]:
    """Make a released folder writable, as somebody would who wants to change it."""

    def unlock(folder: Path) -> None:
        folder.chmod(0o755)
        for path in folder.iterdir():
            path.chmod(0o644)

    return unlock


@dataclass
class Served:
    """A portal that listens, and the profile file of a recipient."""

    portal: Portal
    base: str
    profile: Path

    @property
    def table(self) -> str:
        return f"{self.profile}#city.{SCHEMA}.{NAME}"

    def get(self, path: str, **headers: str) -> bytes:
        token = json.loads(self.profile.read_bytes())["bearerToken"]
        asked = urllib.request.Request(self.base + path, headers={"Authorization": f"Bearer {token}", **headers})
        with urllib.request.urlopen(asked, timeout=10) as answer:
            data: bytes = answer.read()
            return data


@pytest.fixture
def served(portal: Portal, tmp_path: Path) -> Iterator[Served]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    people = People(portal.city, base)
    server = uvicorn.Server(bounded(Guard(application(portal.city, people)), Place(port=port)))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not listens(port):
        assert thread.is_alive()
        time.sleep(0.02)
    grant, text = give(portal.city.ledger, Asked(RECIPIENT, 90), portal.clock.now())
    file = tmp_path / "profile.json"
    # The client looks at the machine's own clock: when the grant ends is not this city's moment to it.
    told = json.loads(profile(base, grant, text))
    file.write_text(json.dumps({name: value for name, value in told.items() if name != "expirationTime"}))
    yield Served(portal, base, file)
    server.should_exit = True
    thread.join(20)
    people.store.close()
    assert not thread.is_alive()
