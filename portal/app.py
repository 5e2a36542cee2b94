"""The application: its parts put together, and what becomes of a request that none of them answers.

Nothing is decided here. Refusals are told in the protocol's shape; what went wrong inside is told by its kind alone.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal.access import Access
from portal.asking import Refused
from portal.catalogue.routes import ResourceCatalogue
from portal.city import City
from portal.delta.routes import DeltaSharing
from portal.entrance.at_provider import AtProvider
from portal.entrance.own import Own
from portal.entrance.routes import SigningIn, sign_in_first
from portal.files.downloads import Downloads
from portal.files.proof import Proofs, ReleaseDamaged
from portal.files.routes import Files
from portal.open.routes import OpenData
from portal.pages import Pages
from portal.people.people import NotForYou, People, SignInFirst
from portal.released import Released
from portal.statements.routes import StatementPages
from portal.traces.routes import OwnTraces
from sharing.faults import SharingRefused


def application(city: City, people: People) -> Starlette:
    """The ASGI application of one city and its persons."""
    shared, base = (city, Released(city), Proofs()), people.base
    pages = Pages(people)
    entrance = SigningIn(people, pages)
    found = Starlette(
        routes=[
            *DeltaSharing(*shared, base).routes(),
            *Files(*shared).routes(),
            *Downloads(*shared).routes(),
            *Access(city).routes(),
            *ResourceCatalogue(city, shared[1]).routes(),
            *OpenData(shared, pages, base).routes(),
            *entrance.routes(),
            *AtProvider(people, entrance).routes(),
            *Own(people, pages).routes(),
            *StatementPages(people, pages).routes(),
            *OwnTraces(people, pages).routes(),
            *pages.routes(),
        ],
        exception_handlers={
            Refused: _Recorded(city, _Refusals(pages)),
            SignInFirst: _first,
            NotForYou: _NotForYou(pages),
            ReleaseDamaged: _Recorded(city, _damaged),
            FileNotFoundError: _Recorded(city, _went),
            SharingRefused: _unable,
            sqlite3.Error: _unable,
            HTTPException: _unanswered,
        },
    )
    found.router.redirect_slashes = False  # they would be sent to whatever host a request names
    return found


class _Recorded:
    """An answer to what was refused, on the record where a grant asked; of whoever has none nothing is written."""

    def __init__(self, city: City, answer: Callable[[Request, Exception], Response]) -> None:
        self._city, self._answer = city, answer

    async def __call__(self, request: Request, error: Exception) -> Response:
        answer, grant = self._answer(request, error), getattr(request.state, "grant", None)
        if grant is not None:
            who = {"recipient": grant.recipient, "token": grant.token}
            facts = {"what": "refused", "status": answer.status_code, "path": _told(request.url.path)}
            with suppress(SharingRefused, sqlite3.Error):  # nothing goes out, whether or not it can be written down
                await self._city.journal.write("read", {**who, **facts})
        return answer


_LONGEST = 300
_TOKENS = re.compile(r"zt[ak]_|[0-9A-Za-z_-]{40,}")


def _told(path: str) -> str:
    """A path as it goes on the record for good: without what a client may have put there by mistake."""
    return "a path with what may be a token" if _TOKENS.search(path) else path[:_LONGEST]


def _said(status: int, code: str, message: str, more: Mapping[str, str] | None = None) -> Response:
    headers = {**({"WWW-Authenticate": "Bearer"} if status == 401 else {}), **(more or {})}
    return JSONResponse({"errorCode": code, "message": message}, status, headers)


class _Refusals:
    """What was refused: as a page for a browser that asked for one, else in the protocol's shape."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def __call__(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        if "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(_MACHINES):
            return self._pages.page(request, "refused.html", error.status, what=error.message)
        return _said(error.status, error.code, error.message)


_MACHINES = ("/delta-sharing", "/api/", "/oauth/", "/files/")


class _NotForYou:
    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def __call__(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, NotForYou)
        return self._pages.page(request, "refused.html", 403, what=f"{error.what}")


async def _first(request: Request, error: Exception) -> Response:
    return sign_in_first(request)


def _damaged(request: Request, error: Exception) -> Response:
    assert isinstance(error, ReleaseDamaged)
    return _said(409, "RELEASE_DAMAGED", str(error))


def _went(request: Request, error: Exception) -> Response:
    return _said(404, "RESOURCE_DOES_NOT_EXIST", "it was withdrawn just now")


async def _unable(request: Request, error: Exception) -> Response:
    """A release that went while it was looked at, or a ledger that cannot be written: without it nothing is served."""
    if isinstance(error, SharingRefused) and error.rule == "files_present":
        return _went(request, error)
    return _said(503, "UNAVAILABLE", "it cannot be put on the record now, and so not answered: try again")


async def _unanswered(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = "NOT_FOUND" if error.status_code == 404 else "REFUSED"
    return _said(error.status_code, code, error.detail, error.headers)
