"""The portal as a server: the city opened for it, and Uvicorn with its bounds. What is answered is `app`'s."""

from __future__ import annotations

import gc
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from lake.city import declarations, open_books_beside
from lake.guarding import open_past
from lake.settings import Settings
from portal.app import application
from portal.city import City, url_key
from portal.differences import sweep
from portal.following import followed
from portal.guard import Guard
from portal.journal import Journal
from portal.people.people import People
from portal.probing.daily import kept_up
from portal.whence import CertifiedProtocol


@dataclass(frozen=True)
class Tls:
    """The portal's own certificate and key, and the authorities whose clients may show a certificate of theirs."""

    certificate: Path
    key: Path
    clients: Path | None = None


@dataclass(frozen=True)
class Place:
    """Where the portal is: the interface and port it listens on, and the address by which others reach it."""

    host: str = "127.0.0.1"
    port: int = 8090
    url: str = ""
    tls: Tls | None = None
    proxy: str = ""
    """The address of a proxy that is believed for whom it asks; "": nobody is."""

    @property
    def base(self) -> str:
        """The address that is written into answers, without a slash at its end."""
        told = urlsplit(self.url or f"http{'s' if self.tls else ''}://{self.host}:{self.port}")
        # As browsers write an origin: a host's name in small letters.
        return f"{told.scheme}://{told.netloc.lower()}{told.path}".rstrip("/")


@contextmanager
def opened(settings: Settings) -> Iterator[City]:
    """The city, for serving. Raises what opening the ledger does: a past that is lacking is not served from."""
    catalogue = declarations(settings)
    with open_books_beside(settings):
        pass  # the ledger is held against its witnesses, as for any other writer
    ledger, signer = open_past(settings)
    with ledger:
        city = City(settings, catalogue, ledger, Journal(ledger, settings.clock), url_key(settings), signer)
        sweep(city)
        yield city


def serve(settings: Settings, place: Place) -> None:
    """Serve until a signal ends it."""
    with opened(settings) as city, followed(city):
        people = People(city, place.base)
        app = application(city, people)
        # Who asks first does not wait for the catalogue of a large city; nobody else waits for it either.
        Thread(target=warm, args=[app], name="warming", daemon=True).start()
        settle_memory()
        with kept_up(city, app.state.past):
            uvicorn.Server(bounded(Guard(app), place)).run()


def warm(app: Starlette) -> None:
    """Read what pages are made of, before anybody asks, and settle the memory it takes."""
    for one in (app.state.shelf, app.state.morning, app.state.rules):
        one.warm()
    settle_memory()


def settle_memory() -> None:
    """Have the collector of garbage pass over what is there to stay: the declarations of a large city are millions of
    objects, and a page in whose turn it looked through them all took a third of a second longer.
    """
    gc.collect()
    gc.freeze()


def bounded(app: ASGIApp, place: Place) -> uvicorn.Config:
    """How an application is served: no more at once, and no longer waited for, than one machine bears."""
    tls = place.tls
    return uvicorn.Config(
        app,
        host=place.host,
        port=place.port,
        ssl_certfile=str(tls.certificate) if tls else None,
        ssl_keyfile=str(tls.key) if tls else None,
        ssl_ca_certs=str(tls.clients) if tls and tls.clients else None,
        # A client without one is still served, what is bound to none; one of another authority is not let in at all.
        ssl_cert_reqs=ssl.CERT_OPTIONAL if tls and tls.clients else ssl.CERT_NONE,
        log_level="warning",
        access_log=False,  # the ledger has it, and no address with a signature belongs into a log
        server_header=False,
        proxy_headers=bool(place.proxy),
        forwarded_allow_ips=place.proxy,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=10,
        limit_concurrency=1000,
        h11_max_incomplete_event_size=16_384,
        http=CertifiedProtocol,
        lifespan="off",
    )
