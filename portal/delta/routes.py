"""The addresses of Delta Sharing. Each answers by the grant that asks; what is not that recipient's is not there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from portal.asking import Refused, asking
from portal.city import City
from portal.delta import protocol
from portal.delta.types import TypeUnknown, schema_string
from portal.differences import ChangesUnknown, Differences, Step, steps
from portal.files.proof import Proofs
from portal.files.routes import read_entry
from portal.files.signed import LIFETIME, Address
from portal.released import Released, Table, Version
from sharing.grants import Grant

_MOST_ASKED = 1 << 20
_OF_CHANGES = {"startingVersion", "startingTimestamp", "endingVersion", "endingTimestamp"}
_GONE = Refused(404, "RESOURCE_DOES_NOT_EXIST", "there is nothing of that name for this grant")


class DeltaSharing:
    """The protocol's server on one city."""

    def __init__(self, city: City, released: Released, proofs: Proofs, base: str) -> None:
        self._city, self._released, self._proofs, self._base = city, released, proofs, base
        self._differences = Differences(city)

    def routes(self) -> list[Route]:
        """Its routes, below the portal's own address."""
        share, table = "/delta-sharing/shares/{share}", "/schemas/{schema}/tables/{table}"
        return [
            Route("/delta-sharing/shares", self.shares, methods=["GET"]),
            Route(share, self.share, methods=["GET"]),
            Route(f"{share}/schemas", self.schemas, methods=["GET"]),
            Route(f"{share}/all-tables", self.all_tables, methods=["GET"]),
            Route(f"{share}/schemas/{{schema}}/tables", self.tables, methods=["GET"]),
            Route(f"{share}{table}/version", self.version, methods=["GET", "HEAD"]),
            Route(f"{share}{table}", self.version, methods=["HEAD"]),
            Route(f"{share}{table}/metadata", self.metadata, methods=["GET"]),
            Route(f"{share}{table}/query", self.query, methods=["POST"]),
            Route(f"{share}{table}/changes", self.changes, methods=["GET"]),
        ]

    async def shares(self, request: Request) -> Response:
        """The share, if anything is in it for whom asks."""
        tables = await self._tables(request)
        return _page(request, [_share(self._city.name)] if tables else [])

    async def share(self, request: Request) -> Response:
        """One share."""
        self._expect_share(request, await self._tables(request))
        return JSONResponse({"share": _share(self._city.name)})

    async def schemas(self, request: Request) -> Response:
        """The schemas of a share: one for each purpose."""
        tables = self._expect_share(request, await self._tables(request))
        return _page(request, [{"name": one.schema, "share": one.share} for one in tables])

    async def all_tables(self, request: Request) -> Response:
        """Every table of a share."""
        tables = self._expect_share(request, await self._tables(request))
        return _page(request, [_named(one) for one in tables])

    async def tables(self, request: Request) -> Response:
        """The tables of a schema."""
        tables = self._expect_share(request, await self._tables(request))
        found = [_named(one) for one in tables if one.schema == request.path_params["schema"]]
        if not found:
            raise _GONE
        return _page(request, found)

    async def version(self, request: Request) -> Response:
        """The newest version of a table, or the first since a moment."""
        _, table = await self._table(request)
        since = request.query_params.get("startingTimestamp")
        found = table.since(_moment(since)) if since else table.newest
        if found is None:
            raise Refused(400, "INVALID_PARAMETER_VALUE", "no version is as new as startingTimestamp")
        return Response(headers={protocol.VERSION_HEADER: str(found.number)})

    async def metadata(self, request: Request) -> Response:
        """The schema of a table, as of a version or a moment."""
        _, table = await self._table(request)
        version = _version(table, request.query_params)
        return await self._answer(request, table, version, None)

    async def query(self, request: Request) -> Response:
        """The files of a version, each with an address for this grant."""
        grant, table = await self._table(request)
        asked = await _asked(request)
        if wanted := sorted(
            {"startingVersion", "startingTimestamp", "endingVersion", "endingTimestamp"} & asked.keys()
        ):
            what = f"{wanted[0]} is of changes: ask …/changes, or for a version"
            raise Refused(400, "INVALID_PARAMETER_VALUE", what)
        version = _version(table, asked)
        limit = _number(asked, "limitHint")
        await asyncio.to_thread(self._proofs.expect, self._city, version.folder)
        files, rows = await asyncio.to_thread(self._files, grant, table, version)
        given = list(protocol.limited(files, rows, limit))
        answer = await self._answer(request, table, version, given)
        facts = {"what": "query", "files": len(given), "bytes": sum(one.size for one in given)}
        await self._city.journal.write("read", {**read_entry(grant, table.agreement, version), **facts})
        return answer

    async def changes(self, request: Request) -> Response:
        """What changed from one version to another, each with an address for this grant."""
        grant, table = await self._table(request)
        start, end = _range(table, request.query_params)
        try:
            found = await asyncio.to_thread(self._changes, grant, table, steps(table, start, end))
        except ChangesUnknown as error:
            raise Refused(400, "CHANGES_UNKNOWN", str(error)) from None
        version = found[-1].version if found else table.newest
        schema, chosen = await self._chosen(request, version)
        facts = {"what": "changes", "from": start, "files": len(found), "bytes": sum(one.file.size for one in found)}
        await self._city.journal.write("read", {**read_entry(grant, table.agreement, version), **facts})
        first = table.numbered(start) or version
        return _lines(protocol.change_lines(chosen, table, first, schema, found), start, chosen)

    def _changes(self, grant: Grant, table: Table, wanted: list[Step]) -> list[protocol.ChangeAction]:
        found = list[protocol.ChangeAction]()
        for step in wanted:
            self._proofs.expect(self._city, step.version.folder)
            if step.before is None:
                files, _ = self._files(grant, table, step.version)
                found += [protocol.ChangeAction(step.version, one, whole=True) for one in files]
                continue
            self._proofs.expect(self._city, step.before.folder)
            file = self._differences.file(table, step)
            given = self._given(grant, table, step.version, (step.name, file))
            found.append(protocol.ChangeAction(step.version, given, whole=False))
        return found

    def _given(self, grant: Grant, table: Table, version: Version, named: tuple[str, Path]) -> protocol.FileAction:
        """A file with an address for a grant."""
        (name, file), ends = named, self._city.now() + LIFETIME
        url = Address(table.agreement, version.release_id, name, grant.token, ends).url(self._base, self._city.key)
        stats = json.dumps({"numRecords": pq.read_metadata(file).num_rows})
        return protocol.FileAction(url, int(ends.timestamp() * 1000), name, file.stat().st_size, stats)

    def _files(
        self, grant: Grant, table: Table, version: Version
    ) -> tuple[list[protocol.FileAction], Mapping[str, int]]:
        every = [self._given(grant, table, version, (file.name, file)) for file in version.files]
        rows = {one.name: int(json.loads(one.stats)["numRecords"]) for one in every}
        # Clients of the Delta format fail on a file without a row, and need none.
        return [one for one in every if rows[one.name]], rows

    async def _answer(
        self, request: Request, table: Table, version: Version, files: list[protocol.FileAction] | None
    ) -> Response:
        schema, chosen = await self._chosen(request, version)
        return _lines(protocol.lines(chosen, table, version, schema, files), version.number, chosen)

    async def _chosen(self, request: Request, version: Version) -> tuple[str, str]:
        """The schema of a version, and the format to answer in."""
        try:
            schema = await asyncio.to_thread(schema_string, version.files[0])
        except TypeUnknown as error:
            raise Refused(400, "UNSUPPORTED_TYPE", str(error)) from None
        said = protocol.capable(request.headers.get(protocol.CAPABILITIES))
        if not said.formats:
            raise Refused(400, "UNSUPPORTED_CAPABILITIES", "formats are parquet and delta")
        chosen = said.choose(schema)
        if chosen is None:
            what = "it has local times (timestamp_ntz): ask with responseformat=delta;readerfeatures=timestampntz"
            raise Refused(400, "UNSUPPORTED_CAPABILITIES", what)
        return schema, chosen

    async def _tables(self, request: Request) -> list[Table]:
        grant = asking(self._city, request)
        return await asyncio.to_thread(self._released.tables, grant.recipient)

    def _expect_share(self, request: Request, tables: list[Table]) -> list[Table]:
        if not tables or request.path_params["share"] != self._city.name:
            raise _GONE
        return tables

    async def _table(self, request: Request) -> tuple[Grant, Table]:
        grant, asked = asking(self._city, request), request.path_params
        found = await asyncio.to_thread(self._released.table, grant.recipient, asked["schema"], asked["table"])
        if found is None or asked["share"] != found.share:
            raise _GONE
        return grant, found


def _lines(body: bytes, version: int, chosen: str) -> Response:
    headers = {protocol.VERSION_HEADER: str(version), protocol.CAPABILITIES: f"responseformat={chosen}"}
    return Response(body, media_type=protocol.NDJSON, headers=headers)


def _range(table: Table, asked: Mapping[str, Any]) -> tuple[int, int]:
    """The versions of which changes are asked for, the last one included."""
    start, since = _number(asked, "startingVersion"), asked.get("startingTimestamp")
    end, until = _number(asked, "endingVersion"), asked.get("endingTimestamp")
    if (start is None) == (since is None) or (end is not None and until is not None):
        what = "say where changes begin: startingVersion or startingTimestamp, and where they end at most one way"
        raise Refused(400, "INVALID_PARAMETER_VALUE", what)
    newest = table.newest.number
    if since is not None:
        found = table.since(_moment(since))
        start = newest + 1 if found is None else found.number
    if until is not None:
        last = table.as_of(_moment(until))
        end = -1 if last is None else last.number
    if start is None or start > newest or (end is not None and not start <= end <= newest):
        raise Refused(
            400, "INVALID_PARAMETER_VALUE", f"versions go to {newest}, and changes from an earlier to a later"
        )
    return start, newest if end is None else end


def _share(name: str) -> dict[str, Any]:
    return {"name": name, "id": name}


def _named(table: Table) -> dict[str, Any]:
    return {"name": table.name, "schema": table.schema, "share": table.share, "id": f"{table.agreement}.{table.name}"}


def _page(request: Request, items: list[dict[str, Any]]) -> Response:
    most = _number(request.query_params, "maxResults")
    try:
        return JSONResponse(protocol.listed(items, most, request.query_params.get("pageToken")))
    except ValueError:
        raise Refused(400, "INVALID_PARAMETER_VALUE", "pageToken is not one that was given") from None


def _version(table: Table, asked: Mapping[str, Any]) -> Version:
    number, moment = _number(asked, "version"), asked.get("timestamp")
    if number is not None and moment is not None:
        raise Refused(400, "INVALID_PARAMETER_VALUE", "version and timestamp exclude one another")
    found = table.newest
    if number is not None or moment is not None:
        one = table.numbered(number) if number is not None else table.as_of(_moment(moment))
        if one is None:
            raise Refused(400, "INVALID_PARAMETER_VALUE", "no such version can be read (any more)")
        found = one
    return found


def _number(asked: Mapping[str, Any], name: str) -> int | None:
    value = asked.get(name)
    if value is None:
        return None
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Refused(400, "INVALID_PARAMETER_VALUE", f"{name} is no whole number from 0 on")
    return int(text)


def _moment(value: Any) -> datetime:
    found: datetime | None = None
    with suppress(ValueError):
        found = datetime.fromisoformat(str(value))
    if found is None or found.tzinfo is None:
        what = "a moment is written as ISO 8601 with its zone: 2026-11-28T10:00:00Z"
        raise Refused(400, "INVALID_PARAMETER_VALUE", what)
    return found


async def _asked(request: Request) -> Mapping[str, Any]:
    body = await request.body()
    if not body:
        return {}
    try:
        found = json.loads(body) if len(body) <= _MOST_ASKED else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Refused(400, "MALFORMED_REQUEST", "the body of a query is one JSON object")
    return found
