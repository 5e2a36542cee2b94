"""Pages: templates filled with facts, and the few files beside them. What a page shows is its own module's to gather.

Every text that comes from elsewhere is escaped; a fact that a template names and nobody gave is an error, not a gap.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from contracts.acts import Role
from contracts.clock import in_city
from portal.people.people import People
from portal.people.reader import VISITOR, Reader, titles

_HERE = Path(__file__).resolve().parent

NAVIGATION: list[tuple[str, str, str, tuple[Role, ...]]] = [
    ("/open", "公共数据开放", "Open data", ()),
    ("/catalogue", "资源目录", "Catalogue", ()),
    ("/wall", "城市体征", "The wall", ()),
    ("/indicators", "指标", "Indicators", ()),
    ("/requests", "供需对接", "Requests", ()),
    ("/quality", "质量", "Quality", (Role.STEWARD, Role.OWNER, Role.OFFICER, Role.AUDITOR, Role.ENGINEER)),
    ("/releases", "发布", "Releases", (Role.APPLICANT, Role.OWNER, Role.OFFICER, Role.AUDITOR, Role.STEWARD)),
    ("/quarantine", "隔离数据", "Quarantine", (Role.STEWARD, Role.OWNER, Role.OFFICER, Role.AUDITOR)),
    ("/cases", "校核与异议", "Cases", (Role.STEWARD, Role.OWNER, Role.OFFICER, Role.AUDITOR, Role.APPLICANT)),
    ("/identity", "身份判断", "Who is who", (Role.STEWARD, Role.OFFICER, Role.AUDITOR)),
    ("/rules", "规则", "Rules", (Role.STEWARD, Role.OWNER)),
    ("/statements", "使用统计", "Statements", (Role.APPLICANT, Role.OWNER, Role.OFFICER, Role.AUDITOR)),
    ("/audit", "审计", "Audit", (Role.OFFICER, Role.AUDITOR)),
]
"""The pages that every page leads to: address, Chinese, English, and the roles that they are for; none: everybody."""


class Pages:
    """The templates of the portal, for one city and whoever looks."""

    def __init__(self, people: People) -> None:
        self._people = people
        catalogue = people.city.catalogue
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(
            city=catalogue.city, city_zh=catalogue.title_zh, city_en=catalogue.title_en, titles=titles
        )
        self._templates.globals["navigation"] = NAVIGATION
        self._templates.filters.update(number=_number, day=_day, minute=_minute, moment=_moment, clock=_clock)

    def page(self, request: Request, template: str, status: int = 200, /, **facts: Any) -> Response:
        """A page, as HTML, for whoever asks."""
        reader: Reader = getattr(request.state, "reader", None) or self._people.reader(request)
        told = {
            "reader": reader,
            "csrf": reader.csrf,
            "now": self._people.city.now(),
            "path": request.url.path,
            "unreadable": self._people.city.unreadable,
        }
        answer = HTMLResponse(self._templates.get_template(template).render(**{**told, **facts}), status)
        if reader != VISITOR:
            answer.headers["Cache-Control"] = "no-store"
        return answer

    def routes(self) -> list[BaseRoute]:
        """The files beside the pages."""
        return [Mount("/static", StaticFiles(directory=_HERE / "static"))]


def _number(value: float | None) -> str:
    """A number as people read it; of what nobody counted (as of a build that failed) a dash."""
    return "—" if value is None else f"{value:,}"


def _day(moment: datetime) -> str:
    return in_city(moment).strftime("%Y-%m-%d")


def _minute(moment: datetime) -> str:
    return in_city(moment).strftime("%Y-%m-%d %H:%M")


def _clock(moment: datetime) -> str:
    return in_city(moment).strftime("%H:%M")


def _moment(text: str) -> str:
    """A moment that is text already, as pages tell it."""
    return _minute(datetime.fromisoformat(text))
