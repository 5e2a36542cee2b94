"""A token that is bound to a certificate is of no use without it: over real connections of TLS."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn

from portal.app import application
from portal.guard import Guard
from portal.people.people import People
from portal.serving import Place, Tls, bounded
from sharing.faults import SharingRefused
from sharing.grants import Asked, certificate_digest, give
from tests.servers import certified, free_port, listens
from tests.unit.portal.conftest import RECIPIENT, TABLE, Portal


@dataclass
class Secured:
    """A portal behind TLS, and the folders of its own certificate and of two clients, each with an authority."""

    portal: Portal
    base: str
    own: Path
    client: Path

    def ask(self, path: str, client: Path | None, **headers: str) -> int:
        """The status of an answer, asked for with a client's certificate or none."""
        context = ssl.create_default_context(cafile=str(self.own / "ca.pem"))
        if client:
            context.load_cert_chain(client / "own.pem", client / "own.key")
        with httpx.Client(verify=context, base_url=self.base) as asking:
            return asking.get(path, headers=headers).status_code


@pytest.fixture
def secured(portal: Portal, tmp_path: Path) -> Iterator[Secured]:
    own, client = tmp_path / "own", tmp_path / "client"
    for folder in (own, client, tmp_path / "stranger"):
        folder.mkdir()
        certified(folder)
    place = Place(port=free_port(), tls=Tls(own / "own.pem", own / "own.key", client / "ca.pem"))
    people = People(portal.city, place.base)
    server = uvicorn.Server(bounded(Guard(application(portal.city, people)), place))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not listens(place.port):
        assert thread.is_alive()
        time.sleep(0.02)
    yield Secured(portal, place.base, own, client)
    server.should_exit = True
    thread.join(20)
    people.store.close()


def test_a_bound_token_is_of_use_with_its_certificate_alone(secured: Secured, tmp_path: Path) -> None:
    secured.portal.publish()
    digest = certificate_digest((secured.client / "own.pem").read_bytes(), "own.pem")
    at = secured.portal.clock.now()
    _, bound = give(secured.portal.city.ledger, Asked(RECIPIENT, 90, certificate=digest), at)
    _, free = give(secured.portal.city.ledger, Asked(RECIPIENT, 90), at)
    path = f"{TABLE}/version"
    assert secured.base.startswith("https://")
    assert secured.ask(path, secured.client, Authorization=f"Bearer {bound}") == 200
    assert secured.ask(path, None, Authorization=f"Bearer {bound}") == 401
    assert secured.ask(path, None, Authorization=f"Bearer {bound}", **{"X-Client-Certificate": digest}) == 401
    assert secured.ask(path, None, Authorization=f"Bearer {free}") == 200
    with pytest.raises(httpx.TransportError):
        secured.ask(path, tmp_path / "stranger", Authorization=f"Bearer {free}")


def test_what_is_no_certificate_is_refused() -> None:
    with pytest.raises(SharingRefused) as refused:
        certificate_digest(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "x.pem")
    assert refused.value.rule == "grant_certificate"
