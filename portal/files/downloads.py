"""A release by one address, for a person's download and an application's stream: `/api/tables/<schema>/<table>.csv`.

The grant of the bearer token says whose it is. What a release is made into is `formats.py`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from portal.asking import Refused, asking
from portal.city import City
from portal.files.formats import FORMATS
from portal.files.places import Placed, expect_place
from portal.files.proof import Proofs
from portal.files.routes import read_entry, stream_file
from portal.released import Released, Table, Version

_AS_IT_IS = "parquet"
_GONE = Refused(404, "RESOURCE_DOES_NOT_EXIST", "there is nothing of that name for this grant")


class Downloads:
    """Serves releases of one city in other formats."""

    def __init__(self, city: City, released: Released, proofs: Proofs) -> None:
        self._city, self._released, self._proofs = city, released, proofs

    def routes(self) -> list[Route]:
        """Its routes."""
        return [Route("/api/tables/{schema}/{table}.{format}", self.download, methods=["GET", "HEAD"])]

    async def download(self, request: Request) -> Response:
        """The current version of a table, or the one of a number, in a format."""
        grant, asked = asking(self._city, request), request.path_params
        table = await asyncio.to_thread(self._released.table, grant.recipient, asked["schema"], asked["table"])
        if table is None:
            raise _GONE
        number = request.query_params.get("version")
        known = {str(one.number): one for one in table.versions}
        version = known.get(number) if number is not None else table.newest
        if version is None:
            raise Refused(404, "RESOURCE_DOES_NOT_EXIST", "no such version can be read (any more)")
        format_ = asked["format"]
        expect_format(request, version, format_)
        await asyncio.to_thread(self._proofs.expect, self._city, version.folder)
        if request.method == "GET":
            size = sum(one.stat().st_size for one in version.files)
            facts = {"what": f"download {format_}", "files": len(version.files), "bytes": size}
            await self._city.journal.write("read", {**read_entry(grant, table.agreement, version), **facts})
        return download(request, table, version, format_)


def expect_format(request: Request, version: Version, format_: str) -> None:
    """Raises `Refused` for a format that there is not, for one Parquet file where there are several, and where as
    many downloads are under way as may be.
    """
    if format_ not in (*FORMATS, _AS_IT_IS):
        raise Refused(404, "UNKNOWN_FORMAT", f"formats are {_AS_IT_IS}, {', '.join(FORMATS)}")
    if format_ == _AS_IT_IS and len(version.files) > 1:
        what = f"the release has {len(version.files)} Parquet files: read it by Delta Sharing"
        raise Refused(400, "SEVERAL_FILES", what)
    if format_ != _AS_IT_IS and request.method != "HEAD":
        expect_place(request.scope)


def download(request: Request, table: Table, version: Version, format_: str) -> Response:
    """A version, in a format that was expected."""
    files, name = version.files, f"{table.name}-{version.number}.{format_}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    if format_ == _AS_IT_IS:
        return stream_file(files[0], headers)
    made = FORMATS[format_]
    if request.method == "HEAD":
        return Response(media_type=made.media_type, headers=headers)
    return Placed(_streamed(made.pieces(files)), media_type=made.media_type, headers=headers)


async def _streamed(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    async for piece in iterate_in_threadpool(pieces):
        yield piece
