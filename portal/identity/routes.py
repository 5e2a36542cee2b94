"""The pages of who is who: the pairs that are open, two records side by side, and what somebody decides of them.

What is not a reader's is answered like what is not there. Records alone are looked at on the page of their pair, and
each look is in the ledger before the answer.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contracts.model import Entity
from lake.identity.acting import Said
from lake.identity.pairs import STATES, Wanted
from lake.identity.told import follows
from lake.quarantine.rows import NoLakeHere
from portal.asking import Refused
from portal.charts import weights
from portal.identity.desk import OF_IDENTITY, IdentityDesk, Side
from portal.identity.words import EVERY
from portal.pages import Pages
from portal.people.accounts import happened
from portal.people.reader import Reader
from sharing.identity.vocabulary import ABOUT_PAIR, Doing

_A_PAGE = 50
_NOTHING = Refused(404, "RESOURCE_DOES_NOT_EXIST", "there is no such pair, or it does not concern you")
_NO_SUCH_QUEUE = Refused(404, "RESOURCE_DOES_NOT_EXIST", "no entity or no state of pairs is called so")
_ELSEWHERE = Refused(
    503, "NO_LAKE_HERE", "the lake is not on this machine, and records lie there alone: ask where the city runs"
)


class IdentityPages:
    """The pages of who is who."""

    def __init__(self, desk: IdentityDesk, pages: Pages) -> None:
        self._desk, self._pages = desk, pages
        self._people, self._city = desk.people, desk.city

    def routes(self) -> list[Route]:
        """Their routes."""
        return [
            Route("/identity", self.listed, methods=["GET"]),
            Route("/identity/{entity}/{pair}", self.one, methods=["GET"]),
            Route("/identity/{entity}/{pair}/{doing}", self.act, methods=["POST"]),
        ]

    async def listed(self, request: Request) -> Response:
        """The pairs of an entity, the most doubtful first; `?entity=`, `state=`, `dataset=`, `page=`."""
        reader = self._people.expect(request, *OF_IDENTITY)
        asked = {name: request.query_params.get(name, "")[:200] for name in ("entity", "state", "dataset")}
        if (asked["entity"] and asked["entity"] not in self._desk.entities) or asked["state"] not in ("", *STATES):
            raise _NO_SUCH_QUEUE
        entity = self._desk.entities.get(asked["entity"]) or next(iter(self._desk.entities.values()), None)
        state = asked["state"] or STATES[0]
        page = _page(request.query_params.get("page", "1"))
        wanted = Wanted(state, asked["dataset"], self._desk.departments(reader), _A_PAGE, (page - 1) * _A_PAGE)
        found, here = await self._asked(entity, wanted)
        lines, total, datasets = found
        facts = {
            "entities": self._desk.entities,
            "entity": entity,
            "wanted": {**asked, "entity": entity.name if entity else "", "state": state},
            "lines": lines,
            "total": total,
            "datasets": datasets,
            "page_number": page,
            "pages": -(-total // _A_PAGE) or 1,
            "here": here,
            "ignored": self._desk.book.of(entity.name)[0].ignored[-5:] if entity else [],
        }
        return self._pages.page(request, "identity.html", 200, **facts, **EVERY)

    async def _asked(self, entity: Entity | None, wanted: Wanted) -> tuple[tuple[list[Any], int, list[str]], bool]:
        """What was found, and whether the lake is on this machine."""
        if entity is None:
            return ([], 0, []), True
        try:
            return await self._desk.queue(entity, wanted), True
        except NoLakeHere:
            return ([], 0, []), False

    async def one(self, request: Request) -> Response:
        """Two records side by side, with what this reader may do."""
        reader, entity = self._expect(request)
        return await self._show(request, reader, entity)

    async def _show(
        self, request: Request, reader: Reader, entity: Entity, unsaid: tuple[Refused, str] | None = None
    ) -> Response:
        try:
            side = await self._desk.side(entity, request.path_params["pair"], reader)
        except NoLakeHere:
            raise _ELSEWHERE from None
        if side is None:
            raise _NOTHING
        facts = {
            "entity": entity,
            "side": side,
            "one": side.pair,
            "bars": weights(_named(side), "各项比较的权重 Weights"),
            "decided": [(one, follows(one, side.pair.entities)) for one in side.decisions],
            "titles": self._city.catalogue.departments,
            "unsaid": unsaid,
        }
        return self._pages.page(request, "identity_pair.html", unsaid[0].status if unsaid else 200, **facts, **EVERY)

    async def act(self, request: Request) -> Response:
        """Decide, confirm or undo."""
        reader, entity = self._expect(request)
        texts = (await self._people.form(request)).texts
        doing = next((one for one in Doing if one == request.path_params["doing"]), None)
        try:
            found = await self._desk.pair(entity, request.path_params["pair"], reader)
        except NoLakeHere:
            raise _ELSEWHERE from None
        if doing is None or found is None:
            raise _NOTHING
        words = texts.get("words", "")
        if doing in ABOUT_PAIR:
            said = Said(doing, found.left, found.right, words=words, facts=found.facts(entity))
        else:
            of = _number(texts.get("of", ""))
            if of not in {one.number for one in self._desk.book.of(entity.name)[0].about(found.left, found.right)}:
                raise _NOTHING
            said = Said(doing, of=of, words=words)
        try:
            await self._desk.decide(entity, reader, said)
        except Refused as why:
            # What was written is shown again, so that it is not lost; the refusal goes on the record.
            told = happened(reader.name, "refused", status=why.status, path=request.url.path)
            await self._city.journal.write(*told)
            return await self._show(request, reader, entity, (why, words))
        return RedirectResponse(f"/identity/{entity.name}/{found.name}", 303)

    def _expect(self, request: Request) -> tuple[Reader, Entity]:
        """Who asks about which entity. Raises `SignInFirst`; `Refused` alike for none and for another's."""
        reader = self._people.expect(request)
        entity = self._desk.entities.get(request.path_params["entity"])
        if entity is None or not reader.has(*OF_IDENTITY):
            raise _NOTHING
        return reader, entity


def _named(side: Side) -> list[tuple[str, float]]:
    """What is weighed, by its name and how alike the two are, and what that weighs."""
    titles = {one.attribute.name: one.attribute.title_zh for one in side.lines}
    return [("：".join(filter(None, [titles.get(one.attribute or "", ""), one.zh])), one.bits) for one in side.weights]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _page(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 7 and int(text) else 1
