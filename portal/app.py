"""The application: its parts put together, and what becomes of a request that none of them answers.

Nothing is decided here. Refusals are told in the protocol's shape; what went wrong inside is told by its kind alone.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal.access import Access
from portal.asking import Refused
from portal.city import City
from portal.delta.routes import DeltaSharing
from portal.files.downloads import Downloads
from portal.files.proof import Proofs, ReleaseDamaged
from portal.files.routes import Files
from portal.open.routes import OpenData
from portal.pages import Pages
from portal.released import Released


def application(city: City, base: str) -> Starlette:
    """The ASGI application of one city; `base` is the address by which others reach it."""
    shared = city, Released(city), Proofs()
    pages = Pages(city.name, city.title_zh, city.title_en)
    return Starlette(
        routes=[
            *DeltaSharing(*shared, base).routes(),
            *Files(*shared).routes(),
            *Downloads(*shared).routes(),
            *Access(city).routes(),
            *OpenData(shared, pages, base).routes(),
            *pages.routes(),
        ],
        exception_handlers={
            Refused: _refused,
            ReleaseDamaged: _damaged,
            FileNotFoundError: _went,
            HTTPException: _unanswered,
        },
    )


def _said(status: int, code: str, message: str) -> Response:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse({"errorCode": code, "message": message}, status, headers)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return _said(error.status, error.code, error.message)


async def _damaged(request: Request, error: Exception) -> Response:
    assert isinstance(error, ReleaseDamaged)
    return _said(409, "RELEASE_DAMAGED", str(error))


async def _went(request: Request, error: Exception) -> Response:
    return _said(404, "RESOURCE_DOES_NOT_EXIST", "it was withdrawn just now")


async def _unanswered(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _said(error.status_code, "NOT_FOUND" if error.status_code == 404 else "REFUSED", error.detail)
