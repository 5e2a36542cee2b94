"""What an auditor sees: the newest of what happened by kind, who may receive what, and whether the chain holds.

All of it is read from the ledger. Looking at the chain as a whole is an act of its own, since it reads everything.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.acts import Role
from contracts.clock import today
from contracts.model import Level
from lake.acts import Persons
from lake.entitlements import entitlements
from portal.asking import Refused
from portal.pages import Pages
from portal.people.people import People
from sharing.chain import Entry

KINDS = {
    "act": ("行为", "Acts"),
    "account": ("账户", "Accounts"),
    "grant": ("令牌", "Grants"),
    "read": ("读取", "Reads"),
    "case": ("申请", "Cases"),
    "access": ("查看", "Looks"),
    "draft": ("草案", "Drafts"),
    "withdrawal": ("撤回", "Withdrawals"),
    "finding": ("发现", "Findings"),
}
_SHOWN = 100
_TOLD = (
    *("what", "doing", "case", "deed", "about", "person", "recipient", "agreement"),
    *("role", "status", "subject", "rows", "level", "outcome", "reason", "by", "release_id"),
)


@dataclass(frozen=True)
class Happened:
    """One entry as a page tells it: without digests, signatures and texts that others wrote."""

    seq: int
    at: datetime
    facts: tuple[tuple[str, str], ...]


class Audit:
    """The pages of auditors and officers."""

    def __init__(self, people: People, pages: Pages) -> None:
        self._people, self._pages, self._city = people, pages, people.city

    def routes(self) -> list[Route]:
        """Its routes."""
        return [
            Route("/audit", self.shown, methods=["GET"]),
            Route("/audit/chain", self.chain, methods=["POST"]),
            Route("/audit/entitlements", self.entitlements, methods=["GET"]),
        ]

    async def shown(self, request: Request) -> Response:
        """The newest entries of a kind: `?kind=`."""
        self._people.expect(request, Role.AUDITOR, Role.OFFICER)
        return await self._page(request, None)

    async def chain(self, request: Request) -> Response:
        """Recompute the whole chain, and say what does not hold."""
        self._people.expect(request, Role.AUDITOR, Role.OFFICER)
        await self._people.posted(request)
        faults = await asyncio.to_thread(self._city.ledger.verify)
        return await self._page(request, [fault.as_dict() for fault in faults])

    async def entitlements(self, request: Request) -> Response:
        """Who may receive what from a level on, since when, and what nobody uses: `?level=L3`."""
        self._people.expect(request, Role.AUDITOR, Role.OFFICER)
        level = request.query_params.get("level", "L3")
        if level not in {str(one) for one in Level}:
            raise Refused(400, "INVALID_PARAMETER_VALUE", "level is L1, L2, L3 or L4")
        found = await asyncio.to_thread(self._entitled, level)
        return self._pages.page(request, "entitlements.html", levels=[str(one) for one in Level], **found)

    async def _page(self, request: Request, faults: list[dict[str, Any]] | None) -> Response:
        kind = request.query_params.get("kind", "act")
        if kind not in KINDS:
            raise Refused(400, "INVALID_PARAMETER_VALUE", f"kind is one of {', '.join(KINDS)}")
        page = request.query_params.get("page", "1")
        if not (page.isascii() and page.isdigit() and len(page) < 7 and int(page)):
            raise Refused(400, "INVALID_PARAMETER_VALUE", "page is a whole number from 1 on")
        found, every = await asyncio.to_thread(self._newest, kind, int(page))
        head = self._city.ledger.head()
        facts = {"kinds": KINDS, "kind": kind, "entries": found, "head": head, "faults": faults}
        facts |= {"page": int(page), "pages": max(1, -(-every // _SHOWN)), "every": every}
        return self._pages.page(request, "audit.html", 200, **facts)

    def _newest(self, kind: str, page: int) -> tuple[list[Happened], int]:
        """A page of the entries of a kind, the newest first, and how many there are in all."""
        kept: deque[Entry] = deque(maxlen=page * _SHOWN)
        every = 0
        for one in self._city.ledger.entries(kind):
            kept.append(one)
            every += 1
        first = list(islice(reversed(kept), (page - 1) * _SHOWN, page * _SHOWN))
        return [Happened(one.seq, one.at, tuple(_facts(one))) for one in first], every

    def _entitled(self, level: str) -> dict[str, Any]:
        city = self._city
        persons = Persons.of(city.settings, self._people.declared.now())
        return entitlements(city.ledger, city.catalogue, persons, Level(level), today(city.settings.clock))


def _facts(entry: Entry) -> Iterator[tuple[str, str]]:
    told = ((name, entry.body.get(name)) for name in _TOLD)
    yield from ((name, str(value)[:200]) for name, value in told if isinstance(value, str | int) and value != "")
