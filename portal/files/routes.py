"""The bytes of released files, by signed address: whole or a range, proved first, and on the record."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from portal.asking import Refused, admitted
from portal.city import City
from portal.differences import Differences
from portal.files.proof import Proofs
from portal.files.signed import Address, read_address
from portal.released import Released, Table, Version
from sharing.grants import Grant

_KIND = "application/vnd.apache.parquet"
_ENDED = Refused(403, "ADDRESS_ENDED", "this address has ended, or never was one: query the table again")


class _Bytes(FileResponse):
    chunk_size = 1 << 21


class Files:
    """Serves files of releases of one city."""

    def __init__(self, city: City, released: Released, proofs: Proofs) -> None:
        self._city, self._released, self._proofs = city, released, proofs
        self._differences = Differences(city)

    def routes(self) -> list[Route]:
        """Its routes."""
        return [Route("/files/{agreement}/{release}/{name}", self.file, methods=["GET", "HEAD"])]

    async def file(self, request: Request) -> Response:
        """One file, or a part of it."""
        address = read_address(request.path_params, request.query_params, self._city.key, self._city.now())
        if address is None:
            raise _ENDED
        grant = admitted(self._city, request, self._city.grants().get(address.token))
        found = await asyncio.to_thread(self._version, grant.recipient, address)
        if found is None:
            raise _ENDED
        table, version = found
        await asyncio.to_thread(self._proofs.expect, self._city, version.folder)
        path = await asyncio.to_thread(self._path, table, version, address.name)
        if path is None:
            raise _ENDED
        if request.method == "GET":
            said = request.headers.get("range", "")
            facts = {"what": "file", "file": address.name, "bytes": asked_bytes(said, path.stat().st_size)}
            asked = {"range": _range(said)}
            entry = {**read_entry(grant, address.agreement, version), **facts, **asked}
            await self._city.journal.write("read", entry)
        return stream_file(path, {"Cache-Control": "private, no-store"})

    def _version(self, recipient: str, address: Address) -> tuple[Table, Version] | None:
        tables = (one for one in self._released.tables(recipient) if one.agreement == address.agreement)
        every = ((table, version) for table in tables for version in table.versions)
        return next((pair for pair in every if pair[1].release_id == address.release_id), None)

    def _path(self, table: Table, version: Version, name: str) -> Path | None:
        """A file of a release, or of what changed in it."""
        own = next((file for file in version.files if file.name == name), None)
        return own or self._differences.stored(table, version, name)


def _range(said: str) -> str | None:
    """The range that is asked for, as it goes on the record: whatever else stands there may be anything."""
    if not said:
        return None
    return said if re.fullmatch(r"bytes=[\d, -]{1,80}", said) else "not one range"


_RANGE = re.compile(r"\s*(\d{0,18})\s*-\s*(\d{0,18})\s*")


def asked_bytes(said: str, size: int) -> int:
    """How many bytes of a file of a size a header of ranges asks for (RFC 9110, 14): all for none, none of what is
    none.
    """
    if not said:
        return size
    unit, _, listed = said.partition("=")
    found = [_RANGE.fullmatch(one) for one in listed.split(",")]
    if unit.strip().lower() != "bytes" or not all(found):
        return 0
    return min(size, sum(_length(one[1], one[2], size) for one in found if one))


def _length(first: str, last: str, size: int) -> int:
    if not first:
        return min(int(last or 0), size)
    return max(0, min(int(last) if last else size - 1, size - 1) - int(first) + 1)


def read_entry(grant: Grant | None, agreement: str, version: Version) -> dict[str, Any]:
    """What every entry of a read says: who (nobody's token where it is open), which release, and for which purpose."""
    terms = version.statement.predicate.agreement
    token = {"token": grant.token} if grant else {}
    return {
        "recipient": terms.recipient,
        **token,
        "agreement": agreement,
        "release_id": version.release_id,
        "version": version.number,
        "purpose": terms.purpose_code,
    }


def stream_file(path: Path, headers: Mapping[str, str]) -> Response:
    """A Parquet file, or the ranges of it that are asked for."""
    return _Bytes(path, media_type=_KIND, headers=headers)
