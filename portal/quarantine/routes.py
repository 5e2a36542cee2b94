"""The pages of quarantine: datasets with open rejected rows, one dataset, its rows by right, and its workbook.

What is not a reader's is answered like what is not there. Rows alone ask the lake, which is opened for reading and only
for that; each look is in the ledger before the answer.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.acts import Role
from contracts.clock import day_of
from contracts.model import Dataset
from lake.quarantine.book import paths
from lake.quarantine.exporting import export_bytes, whole_export
from lake.quarantine.places import place_of
from lake.quarantine.rows import Found, NoLakeHere, Wanted, look_in, opened
from lake.quarantine.sight import RowSight, row_sight
from lake.quarantine.words import words_of
from lake.ready import Ready
from portal.asking import Refused
from portal.catalogue.shelf import Shelf
from portal.catalogue.sight import Sight
from portal.corrections.desk import CorrectionDesk
from portal.corrections.sight import sees
from portal.corrections.words import EVERY
from portal.pages import Pages
from portal.people.reader import Reader
from portal.quarantine.records import OF_QUARANTINE, bars, departments, mended, over_time, reasons, touched
from sharing.release import current_release

_A_PAGE = 50
_OPENING = (Role.STEWARD, Role.OWNER)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NOTHING = Refused(404, "RESOURCE_DOES_NOT_EXIST", "there is no such dataset, or it does not concern you")


class QuarantinePages:
    """The pages of rejected rows."""

    def __init__(self, desk: CorrectionDesk, shelf: Shelf, pages: Pages) -> None:
        self._desk, self._shelf, self._pages = desk, shelf, pages
        self._people, self._city = desk.people, desk.city
        self._ready = Ready(desk.city.settings)

    def routes(self) -> list[Route]:
        """Their routes."""
        return [
            Route("/quarantine", self.listed, methods=["GET"]),
            Route("/quarantine/{dataset}", self.one, methods=["GET"]),
            Route("/quarantine/{dataset}/rows", self.rows, methods=["GET"]),
            Route("/quarantine/{dataset}/export.xlsx", self.export, methods=["GET"]),
        ]

    async def listed(self, request: Request) -> Response:
        """The datasets with open rejected rows that concern a reader, the newest first; `?department=`."""
        reader = self._people.expect(request, *OF_QUARANTINE)
        mine = departments(reader)
        found = await asyncio.to_thread(self._desk.quarantine.open, self._city.catalogue, mine)
        wanted = request.query_params.get("department", "")[:100]
        facts = {
            "lines": [one for one in found if wanted in ("", one.department)],
            "departments": sorted({one.department for one in found}),
            "titles": self._city.catalogue.departments,
            "wanted": wanted,
        }
        return self._pages.page(request, "quarantine.html", 200, **facts)

    async def one(self, request: Request) -> Response:
        """One dataset: why, by batch, over time, whom it touches, and what came back corrected."""
        reader, dataset = self._expect(request)
        cases = [one for one in (await self._desk.cases()).values() if sees(reader, one)]
        facts = await asyncio.to_thread(self._facts, reader, dataset, cases)
        return self._pages.page(request, "quarantine_dataset.html", 200, **facts, **EVERY)

    def _facts(self, reader: Reader, dataset: Dataset, cases: list[Any]) -> dict[str, Any]:
        rejected, city = self._desk.quarantine.rejected(dataset), self._city
        days, view = over_time(rejected), self._shelf.view(Sight(inside=True, whole=True))
        released = frozenset(
            name
            for name in city.agreements
            if current_release(city.settings.releases, name, day_of(city.now())) is not None
        )
        return {
            "dataset": dataset,
            "department": city.catalogue.departments.get(dataset.department),
            "rejected": rejected,
            "open": sum(one.open for one in rejected),
            "reasons": reasons(dataset, rejected, cases),
            "days": days,
            "bars": bars(days),
            "mended": mended(rejected),
            "paths": paths(city.ledger, dataset),
            "touched": touched(city.catalogue, view.past.made_of, dataset, released),
            "cases_here": [one for one in cases if one.about.dataset == dataset.id],
            "sees_rows": self._sight(reader, dataset).level is not None,
            "may_open": reader.has(*_OPENING, department=dataset.department) or reader.has(Role.OFFICER),
            "lake_here": city.settings.catalog.exists(),
        }

    async def rows(self, request: Request) -> Response:
        """The rows, as far as the reader may see them; `?reason=`, `batch=`, `all=1` (also mended ones), `page=`."""
        reader, dataset = self._expect(request)
        sight = self._expect_sight(reader, dataset)
        asked = {name: request.query_params.get(name, "")[:300] for name in ("reason", "batch", "all")}
        page = _page(request.query_params.get("page", "1"))
        wanted = Wanted(
            dataset, asked["batch"], asked["reason"], not asked["all"], limit=_A_PAGE, offset=(page - 1) * _A_PAGE
        )
        found = await self._look(wanted, sight)
        lying = await asyncio.to_thread(paths, self._city.ledger, dataset)
        facts = {
            "dataset": dataset,
            "asked": asked,
            "reason": words_of(dataset, asked["reason"]) if asked["reason"] else None,
            "lines": _lines(dataset, found, lying, sight) if found else [],
            "total": found.total if found else 0,
            "page_number": page,
            "pages": (-(-found.total // _A_PAGE) or 1) if found else 1,
            "sight": sight,
            "here": found is not None,
            "masked": [column.title_zh for column in dataset.columns if not sight.sees(column)],
        }
        return self._pages.page(request, "quarantine_rows.html", 200, **facts)

    async def _look(self, wanted: Wanted, sight: RowSight) -> Found | None:
        """The rows; None where the lake is not on this machine."""
        record = self._desk.quarantine, self._city.now()

        def looked() -> Found:
            with opened(self._city.settings, self._ready) as connection:
                return look_in(connection, record, wanted, sight, "rows")

        try:
            return await asyncio.to_thread(looked)
        except NoLakeHere:
            return None

    async def export(self, request: Request) -> Response:
        """The open rows as a workbook for the department to correct; `?reason=`, `batch=`."""
        reader, dataset = self._expect(request)
        sight = self._expect_sight(reader, dataset)
        asked = {name: request.query_params.get(name, "")[:300] for name in ("batch", "reason")}
        wanted = whole_export(dataset, **asked)
        try:
            data = await asyncio.to_thread(export_bytes, self._city.settings, self._city.ledger, wanted, sight)
        except NoLakeHere as why:
            raise Refused(503, "NO_LAKE_HERE", str(why)) from None
        name = f"{dataset.id}-{self._city.now():%Y%m%d}.xlsx"
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "Cache-Control": "no-store",
        }
        return Response(data, media_type=_XLSX, headers=headers)

    def _expect(self, request: Request) -> tuple[Reader, Dataset]:
        """Who asks about which dataset. Raises `SignInFirst`; `Refused` alike for none and for another's."""
        reader = self._people.expect(request)
        found = self._city.catalogue.datasets.get(request.path_params["dataset"])
        mine = departments(reader) if reader.has(*OF_QUARANTINE) else frozenset[str]()
        if found is None or (mine is not None and found.department not in mine):
            raise _NOTHING
        return reader, found

    def _sight(self, reader: Reader, dataset: Dataset) -> RowSight:
        return row_sight(reader.name, reader.roles, dataset.department)

    def _expect_sight(self, reader: Reader, dataset: Dataset) -> RowSight:
        """Rows are for the department's own steward or owner; others have reasons and counts."""
        sight = self._sight(reader, dataset)
        if sight.level is None:
            raise _NOTHING
        return sight


def _lines(dataset: Dataset, found: Found, lying: dict[str, str], sight: RowSight) -> list[dict[str, Any]]:
    """Rows as the page has them: where, why, and each cell as it may be shown."""
    return [
        {
            "place": place_of(dataset, lying.get(row["batch"], ""), row["record"], row["line"]),
            "batch": row["batch"],
            "why": [words_of(dataset, one)[0] for one in row["faults"]],
            "corrected": row["corrected"],
            "counts": row["counts"],
            "cells": [row[f"c{number}"] for number in range(len(dataset.columns))],
            "surplus": row["surplus"],
            "astray": row["astray"] and not sight.sees_misaligned(dataset),
        }
        for row in found.rows.to_pylist()
    ]


def _page(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 7 and int(text) else 1
