"""The pages of lineage: `/lineage/<table>` and `/lineage/<table.column>`, each drawn and as tables.

They are for those who tend data; whatever a reader's catalogue does not have is answered like what is not there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from lake.column_lineage import CityLineage
from lake.findings.whose import TENDING
from lake.queries import converted
from lineage.graph import ROWS, ColumnRef
from lineage.marks import PERSONAL, SENSITIVE, category_of
from portal.catalogue.records import Resource
from portal.catalogue.shelf import Shelf
from portal.catalogue.shown import Recipient, recipients
from portal.catalogue.who import Who, who
from portal.lineage.known import Known
from portal.lineage.seen import Seen
from portal.lineage.ways import Ways, drawn, drawn_up, ways
from portal.lineage.what_if import LEVELS, Changed, is_source, what_if
from portal.pages import Pages
from portal.people.people import People

_STAGED = "staging.stg_"


class LineagePages:
    """The lineage of one city for whoever tends it."""

    def __init__(self, people: People, shelf: Shelf, pages: Pages) -> None:
        self._people, self._shelf, self._pages = people, shelf, pages
        self.known = Known(people.city)

    def routes(self) -> list[Route]:
        """Its route."""
        return [Route("/lineage/{of}", self.one, methods=["GET"])]

    async def one(self, request: Request) -> Response:
        """A column, or a table."""
        self._people.expect(request, *TENDING)
        of = request.path_params["of"]
        if of.startswith(_STAGED):  # it has its dataset's columns, under their names
            return RedirectResponse(f"/lineage/raw.{of.removeprefix(_STAGED)}", 302)
        asker = who(self._people, request)
        view = await self._shelf.seen(asker.sight)
        lineage = await asyncio.to_thread(self.known.now)
        seen = Seen(view)
        start = _start(lineage, seen, of) if lineage else ()
        if lineage is None or not start:
            return self._pages.page(request, "lineage_nothing.html", 404, of=of, run=lineage is not None)
        level = request.query_params.get("level", "")
        facts = await asyncio.to_thread(self._facts, lineage, seen, asker, (start, level))
        return self._pages.page(request, "lineage.html", **facts)

    def _facts(
        self, lineage: CityLineage, seen: Seen, asker: Who, asked: tuple[Sequence[ColumnRef], str]
    ) -> dict[str, Any]:
        start, level = asked
        one = seen.resource(start[0].relation)
        assert one is not None
        down, up = (ways(lineage.graph, seen, start, forward=forward) for forward in (True, False))
        told = {stop.one.id: recipients(self._people.city, seen.view, asker, stop.one) for stop in down.products}
        column = start[0] if len(start) == 1 else None
        changed = self._changed(lineage, column, level)
        return {
            "one": one,
            "column": _column(lineage, seen, column) if column else None,
            "columns": _columns(lineage, seen, one) if column is None else (),
            "down": down,
            "up": up,
            "recipients": told,
            "states": {stop.one.id: seen.view.days(stop.one).state for stop in down.products},
            "picture": drawn(down, told, {}) if len(down.stops) > 1 else "",
            "above": drawn_up(up) if len(up.stops) > 1 else "",
            "conversions": self._conversions(lineage, seen, start),
            "levels": LEVELS,
            "asked": level if level in LEVELS else "",
            "changed": changed,
            "what_if": _what_if(down, told, changed) if changed else "",
        }

    def _conversions(self, lineage: CityLineage, seen: Seen, start: Sequence[ColumnRef]) -> list[dict[str, str]]:
        """What staging makes of the columns on the way, up and down, as far as they may be named."""
        graph = lineage.graph
        near = {ref for one in start for ref in (*graph.upstream(one), *graph.downstream(one), one)}
        return converted(self._people.city.catalogue, (ref for ref in near if seen.shows(ref)))

    def _changed(self, lineage: CityLineage, column: ColumnRef | None, level: str) -> Sequence[Changed] | None:
        """None where nothing was asked."""
        if column is None or level not in LEVELS or not is_source(lineage, column):
            return None
        return what_if(lineage, self._people.city.catalogue, column, level)


def _start(lineage: CityLineage, seen: Seen, of: str) -> tuple[ColumnRef, ...]:
    """The column, or all of a table's, if the reader may know them; none otherwise."""
    relation, graph = f"lake.{of}", lineage.graph
    if relation in graph.columns:
        refs = [ColumnRef(relation, name) for name in (*graph.columns[relation], ROWS)]
        return tuple(ref for ref in refs if seen.shows(ref)) if seen.resource(relation) else ()
    table, _, name = of.rpartition(".")
    ref = ColumnRef(f"lake.{table}", name.lower())
    return (ref,) if name != ROWS and graph.has(ref) and seen.shows(ref) else ()


def _column(lineage: CityLineage, seen: Seen, ref: ColumnRef) -> dict[str, Any]:
    found, marks = lineage.levels[ref], lineage.marks[ref]
    unknown = lineage.graph.unknown_upstream(ref)
    return {
        "name": ref.column,
        "titles": seen.title(ref),
        "level": found.effective,
        "declared": lineage.claimed.get(ref) or lineage.base.get(ref),
        "category": category_of(marks),
        "marks": [mark for mark in (PERSONAL, SENSITIVE) if mark in marks],
        "source": is_source(lineage, ref),
        "because": [
            (seen.resource(edge.source.relation), edge.source.column)
            for edge in found.because[:1]
            if seen.shows(edge.source)
        ],
        "unknown": sum(map(len, unknown.values())),
    }


def _columns(lineage: CityLineage, seen: Seen, one: Resource) -> list[tuple[str, str, str]]:
    """A table's columns: name, Chinese title, level."""
    relation = f"lake.{one.table}"
    refs = [ColumnRef(relation, name) for name in lineage.graph.columns[relation] if not name.startswith("_")]
    return [(ref.column, seen.title(ref)[0], lineage.levels.effective(ref)) for ref in refs if seen.shows(ref)]


def _what_if(down: Ways, told: dict[str, list[Recipient]], changed: Sequence[Changed]) -> str:
    signs = {f"product.{one.product}": "✗" for one in changed if one.verdict in ("withheld", "still")}
    return drawn(down, {name: each for name, each in told.items() if name not in signs}, signs)
