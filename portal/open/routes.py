"""The pages and feeds of open data. Every download is on the record; who it is that reads is nobody's business."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from portal.asking import Refused
from portal.city import City
from portal.files.downloads import download, expect_format
from portal.files.proof import Proofs
from portal.files.routes import asked_bytes, read_entry, stream_file
from portal.open.datasets import OpenDataset, open_dataset, open_datasets, preview
from portal.open.diligence import record
from portal.open.feeds import data_json, offered
from portal.open.gone import gone
from portal.open.registered import registered
from portal.pages import Pages
from portal.released import Released
from portal.requests.desk import Desk
from sharing.certificate import CERTIFICATE


class OpenData:
    """Open data of one city."""

    def __init__(self, shared: tuple[City, Released, Proofs], pages: Pages, desk: Desk) -> None:
        self._city, self._released, self._proofs = shared
        self._pages, self._people, self._desk = pages, desk.people, desk

    def routes(self) -> list[Route]:
        """Its routes."""
        return [
            Route("/open", self.listed, methods=["GET"]),
            Route("/open/{name}.certificate.json", self.certificate, methods=["GET"]),
            Route("/open/{name}.diligence.json", self.diligence_json, methods=["GET"]),
            Route("/open/{name}/files/{file}", self.file, methods=["GET", "HEAD"]),
            Route("/open/{name}/registered", self.registered, methods=["POST"]),
            Route("/open/{name}/diligence", self.diligence, methods=["GET"]),
            Route("/open/{name}.{format}", self.download, methods=["GET", "HEAD"]),
            Route("/open/{name}", self.one, methods=["GET"]),
            Route("/data.json", self.data_json, methods=["GET"]),
        ]

    async def listed(self, request: Request) -> Response:
        """All that is open; `?q=` those whose titles, columns or names have a text."""
        wanted = request.query_params.get("q", "").strip()[:100]
        found = [one for one in await self._all() if _has(one, wanted.casefold())]
        return self._pages.page(request, "open.html", datasets=found, wanted=wanted)

    async def one(self, request: Request) -> Response:
        """One open dataset: what it is, its first rows and files where all may have them, its certificate in words."""
        found = await self._one(request)
        if found is None:
            return await self._nothing(request)
        await asyncio.to_thread(self._proofs.expect, self._city, found.version.folder)
        names, rows = _UNSEEN if found.conditional else await asyncio.to_thread(preview, found.version)
        shown = {"names": names, "rows": rows, "ways": offered(found), "contact": self._city.catalogue.open_data}
        return self._pages.page(request, "open_dataset.html", 200, dataset=found, **shown)

    async def download(self, request: Request) -> Response:
        """The files of one open dataset, in a format."""
        found, format_ = await self._one(request), request.path_params["format"]
        if found is None:
            return await self._nothing(request)
        if found.conditional:
            raise Refused(403, "REGISTRATION_NEEDED", _REGISTER.format(name=found.table.name))
        if request.query_params:
            raise Refused(400, "INVALID_PARAMETER_VALUE", "the current version is open, and no other")
        return await self._given(request, found, format_)

    async def file(self, request: Request) -> Response:
        """One of the Parquet files of an open dataset, as it was released."""
        found = await self._one(request)
        path = (
            next((one for one in found.version.files if one.name == request.path_params["file"]), None)
            if found
            else None
        )
        if found is None or path is None:
            return await self._nothing(request)
        if found.conditional:
            raise Refused(403, "REGISTRATION_NEEDED", _REGISTER.format(name=found.table.name))
        await asyncio.to_thread(self._proofs.expect, self._city, found.version.folder)
        if request.method != "HEAD":
            facts = {
                "what": "file",
                "file": path.name,
                "bytes": asked_bytes(request.headers.get("range", ""), path.stat().st_size),
            }
            entry = {**read_entry(None, found.table.agreement, found.version), **facts}
            await self._city.journal.write("read", entry)
        return stream_file(path, {"Content-Disposition": f'attachment; filename="{path.name}"'})

    async def registered(self, request: Request) -> Response:
        """The files of a dataset that is open on condition, for whoever has the link of an approved registration."""
        form, found = await self._people.posted(request), await self._one(request)
        if found is None:
            return await self._nothing(request)
        case = await registered(self._desk, form.get("registration", ""), found.table.name)
        if case is None:
            raise Refused(403, "REGISTRATION_NEEDED", _REGISTER.format(name=found.table.name))
        return await self._given(request, found, form.get("format", "csv"), registration=case.id)

    async def _given(self, request: Request, found: OpenDataset, format_: str, **more: str) -> Response:
        """A dataset's files in a format, proved and on the record."""
        expect_format(request, found.version, format_)
        await asyncio.to_thread(self._proofs.expect, self._city, found.version.folder)
        if request.method != "HEAD":
            facts = {"what": f"download {format_}", "bytes": found.bytes, **more}
            entry = {**read_entry(None, found.table.agreement, found.version), **facts}
            await self._city.journal.write("read", entry)
        return download(request, found.table, found.version, format_)

    async def certificate(self, request: Request) -> Response:
        """The signed certificate of the current release, as it is."""
        found = await self._one(request)
        if found is None:
            return await self._nothing(request)
        await asyncio.to_thread(self._proofs.expect, self._city, found.version.folder)
        return FileResponse(found.version.folder / CERTIFICATE, media_type="application/json")

    async def diligence(self, request: Request) -> Response:
        """What was looked at before it was opened, in words."""
        found = await self._one(request)
        if found is None:
            return await self._nothing(request)
        return self._pages.page(request, "open_diligence.html", 200, dataset=found, record=record(found))

    async def diligence_json(self, request: Request) -> Response:
        """The same for machines."""
        found = await self._one(request)
        return await self._nothing(request) if found is None else JSONResponse(record(found))

    async def data_json(self, request: Request) -> Response:
        """What CKAN-like harvesters take."""
        return JSONResponse(data_json(await self._all(), self._city.catalogue, self._people.base))

    async def _all(self) -> list[OpenDataset]:
        return await asyncio.to_thread(open_datasets, self._released, self._city.catalogue)

    async def _one(self, request: Request) -> OpenDataset | None:
        name = request.path_params["name"]
        return await asyncio.to_thread(open_dataset, self._released, self._city.catalogue, name)

    async def _nothing(self, request: Request) -> Response:
        """What was open has a tombstone; of all else it is not told whether there is any."""
        found = await asyncio.to_thread(gone, self._city, self._released, request.path_params["name"])
        if found is None:
            return self._pages.page(request, "nothing.html", 404)
        return self._pages.page(request, "open_gone.html", 410, gone=found)


_UNSEEN: tuple[Sequence[str], Sequence[Sequence[Any]]] = ((), ())
_REGISTER = (
    "it is open on condition: register at /requests/new?kind=registration&resource=product.{name}, and come back with "
    "the link once that is approved"
)


def _has(one: OpenDataset, text: str) -> bool:
    words = [one.id, one.title_zh, one.title_en, one.description, one.table.name]
    words += [word for column in one.columns for word in (column.name, column.title_zh, column.title_en)]
    return any(text in word.casefold() for word in words)
