"""The portal described for programs: OpenAPI 3.1, as it lies beside this file. What is answered is not known here."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_FILE = Path(__file__).resolve().parent / "openapi.yml"
ADDRESS = "/openapi.json"


@cache
def described() -> dict[str, Any]:
    """The description, JSON-ready."""
    found: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return found


def routes() -> list[Route]:
    """Where it is answered, to everybody."""
    return [Route(ADDRESS, _answer, methods=["GET"])]


async def _answer(request: Request) -> Response:
    return JSONResponse(described())
