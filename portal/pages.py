"""Pages: templates filled with facts, and the few files beside them. What a page shows is its own module's to gather.

Every text that comes from elsewhere is escaped; a fact that a template names and nobody gave is an error, not a gap.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

_HERE = Path(__file__).resolve().parent


class Pages:
    """The templates of the portal, for one city."""

    def __init__(self, city: str, title_zh: str, title_en: str) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(city=city, city_zh=title_zh, city_en=title_en)
        self._templates.filters["number"] = lambda value: f"{value:,}"

    def page(self, template: str, status: int = 200, /, **facts: Any) -> Response:
        """A page, as HTML."""
        return HTMLResponse(self._templates.get_template(template).render(**facts), status)

    def routes(self) -> list[BaseRoute]:
        """The files beside the pages."""
        return [Mount("/static", StaticFiles(directory=_HERE / "static"))]
