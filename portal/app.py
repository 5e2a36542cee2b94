"""The application: its parts put together, and what becomes of a request that none of them answers.

Nothing is decided here. Refusals are told in the protocol's shape; what went wrong inside is told by its kind alone.
"""

from __future__ import annotations

from collections.abc import Callable
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
from portal.files.downloads import Downloads
from portal.files.proof import Proofs, ReleaseDamaged
from portal.files.routes import Files
from portal.open.routes import OpenData
from portal.pages import Pages
from portal.released import Released
from sharing.faults import SharingRefused


def application(city: City, base: str) -> Starlette:
    """The ASGI application of one city; `base` is the address by which others reach it."""
    shared = city, Released(city), Proofs()
    pages = Pages(city.name, city.catalogue.title_zh, city.catalogue.title_en)
    return Starlette(
        routes=[
            *DeltaSharing(*shared, base).routes(),
            *Files(*shared).routes(),
            *Downloads(*shared).routes(),
            *Access(city).routes(),
            *ResourceCatalogue(city, shared[1]).routes(),
            *OpenData(shared, pages, base).routes(),
            *pages.routes(),
        ],
        exception_handlers={
            Refused: _Recorded(city, _refused),
            ReleaseDamaged: _Recorded(city, _damaged),
            FileNotFoundError: _Recorded(city, _went),
            SharingRefused: _unable,
            HTTPException: _unanswered,
        },
    )


class _Recorded:
    """An answer to what was refused, on the record where a grant asked; of whoever has none nothing is written."""

    def __init__(self, city: City, answer: Callable[[Request, Exception], Response]) -> None:
        self._city, self._answer = city, answer

    async def __call__(self, request: Request, error: Exception) -> Response:
        answer, grant = self._answer(request, error), getattr(request.state, "grant", None)
        if grant is not None:
            who = {"recipient": grant.recipient, "token": grant.token}
            facts = {"what": "refused", "status": answer.status_code, "path": request.url.path[:_LONGEST]}
            with suppress(SharingRefused):  # nothing goes out, whether or not it can be written down
                await self._city.journal.write("read", {**who, **facts})
        return answer


_LONGEST = 300


def _said(status: int, code: str, message: str) -> Response:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse({"errorCode": code, "message": message}, status, headers)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return _said(error.status, error.code, error.message)


def _damaged(request: Request, error: Exception) -> Response:
    assert isinstance(error, ReleaseDamaged)
    return _said(409, "RELEASE_DAMAGED", str(error))


def _went(request: Request, error: Exception) -> Response:
    return _said(404, "RESOURCE_DOES_NOT_EXIST", "it was withdrawn just now")


async def _unable(request: Request, error: Exception) -> Response:
    """A release that went while it was looked at, or a ledger that cannot be written: without it nothing is served."""
    assert isinstance(error, SharingRefused)
    if error.rule == "files_present":
        return _went(request, error)
    return _said(503, "UNAVAILABLE", "it cannot be put on the record now, and so not answered: try again")


async def _unanswered(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _said(error.status_code, "NOT_FOUND" if error.status_code == 404 else "REFUSED", error.detail)
