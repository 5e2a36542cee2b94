"""The words of Delta Sharing: what a response looks like, in both of its formats, and what a client can take.

Source: github.com/delta-io/delta-sharing, PROTOCOL.md (1.0 and the Delta format's chapter); Delta protocol, "Table
Features". Which table, and who asks, is not known here.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.delta.types import LOCAL_TIME
from portal.released import Table, Version

VERSION_HEADER = "delta-table-version"
CAPABILITIES = "delta-sharing-capabilities"
NDJSON = "application/x-ndjson; charset=utf-8"
PARQUET, DELTA = "parquet", "delta"
_LOCAL_TIME_FEATURE = "timestampNtz"


@dataclass(frozen=True)
class FileAction:
    """One file as a response names it: its address, when that ends (milliseconds), its size, rows and statistics."""

    url: str
    ends: int
    name: str
    size: int
    stats: str


@dataclass(frozen=True)
class Capable:
    """What a client says it can take: formats, in the order that it names them, and reader features."""

    formats: tuple[str, ...]
    features: frozenset[str]

    def choose(self, schema: str) -> str | None:
        """The format to answer in: the first that the client names and the schema allows; None where there is none."""
        return next((one for one in self.formats if self._takes(one, schema)), None)

    def _takes(self, format_: str, schema: str) -> bool:
        local = f'"{LOCAL_TIME}"' in schema
        if format_ == PARQUET:
            return not local
        return format_ == DELTA and (not local or _LOCAL_TIME_FEATURE.lower() in self.features)


def capable(header: str | None) -> Capable:
    """What the capabilities header of a request says; without one, the first version of the protocol."""
    told: dict[str, list[str]] = {}
    for part in (header or "").lower().split(";"):
        name, _, values = part.partition("=")
        told[name.strip()] = [value.strip() for value in values.split(",") if value.strip()]
    known = [one for one in told.get("responseformat", [PARQUET]) if one in (PARQUET, DELTA)]
    return Capable(tuple(known), frozenset(told.get("readerfeatures", ())))


@dataclass(frozen=True)
class ChangeAction:
    """The file of one version's changes: a difference, or (`whole`) a file of the first, all of whose rows came."""

    version: Version
    file: FileAction
    whole: bool


def change_lines(format_: str, table: Table, version: Version, schema: str, files: Sequence[ChangeAction]) -> bytes:
    """The body of a response on changes: a line of JSON for each action, in the order of versions."""
    shape = _Delta(table, version, schema, changes=True) if format_ == DELTA else _Parquet(table, version, schema)
    told = [shape.protocol(), shape.metadata(sum(one.file.size for one in files), len(files))]
    told += [shape.change(one) for one in files]
    return b"".join(_line(one) for one in told)


def lines(format_: str, table: Table, version: Version, schema: str, files: Sequence[FileAction] | None) -> bytes:
    """The body of a response on metadata (no files) or a query: a line of JSON for each action."""
    shape = _Delta(table, version, schema) if format_ == DELTA else _Parquet(table, version, schema)
    size = sum(one.stat().st_size for one in version.files)
    told = [shape.protocol(), shape.metadata(size, len(version.files))]
    told += [shape.file(one) for one in files or ()]
    return b"".join(_line(one) for one in told)


def _line(action: Mapping[str, Any]) -> bytes:
    return json.dumps(action, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


class _Parquet:
    """The first format: files as they are, with a schema beside."""

    def __init__(self, table: Table, version: Version, schema: str) -> None:
        self.table, self.version, self.schema = table, version, schema

    def protocol(self) -> dict[str, Any]:
        return {"protocol": {"minReaderVersion": 1}}

    def metadata(self, size: int, files: int) -> dict[str, Any]:
        told = {**_described(self.table, self.schema), "version": self.version.number, "size": size, "numFiles": files}
        return {"metaData": told}

    def file(self, one: FileAction) -> dict[str, Any]:
        told = {
            "url": one.url,
            "id": _id(self.version.release_id, one.name),
            "partitionValues": {},
            "size": one.size,
            "stats": one.stats,
            "version": self.version.number,
            "timestamp": self.version.milliseconds,
            "expirationTimestamp": one.ends,
        }
        return {"file": told}

    def change(self, one: ChangeAction) -> dict[str, Any]:
        told = {
            "url": one.file.url,
            "id": _id(one.version.release_id, one.file.name),
            "partitionValues": {},
            "size": one.file.size,
            "version": one.version.number,
            "timestamp": one.version.milliseconds,
            "expirationTimestamp": one.file.ends,
        }
        return {"add": {**told, "stats": one.file.stats}} if one.whole else {"cdf": told}


class _Delta:
    """The second: actions of a Delta log, whose paths are addresses."""

    def __init__(self, table: Table, version: Version, schema: str, *, changes: bool = False) -> None:
        self.table, self.version, self.schema, self.changes = table, version, schema, changes

    def protocol(self) -> dict[str, Any]:
        # Writers that know change data feeds are of version 4.
        told: dict[str, Any] = {"minReaderVersion": 1, "minWriterVersion": 4 if self.changes else 2}
        if f'"{LOCAL_TIME}"' in self.schema:
            features = [_LOCAL_TIME_FEATURE]
            writers = [*features, "changeDataFeed"] if self.changes else features
            told = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": features, "writerFeatures": writers}
        return {"protocol": {"deltaProtocol": told}}

    def metadata(self, size: int, files: int) -> dict[str, Any]:
        described = _described(self.table, self.schema)
        if self.changes:
            described["configuration"] = {"delta.enableChangeDataFeed": "true"}
        told = {"deltaMetadata": described, "version": self.version.number}
        return {"metaData": {**told, "size": size, "numFiles": files}}

    def file(self, one: FileAction) -> dict[str, Any]:
        add = {
            "path": one.url,
            "partitionValues": {},
            "size": one.size,
            "modificationTime": self.version.milliseconds,
            "dataChange": True,
            "stats": one.stats,
        }
        told = {
            "id": _id(self.version.release_id, one.name),
            "version": self.version.number,
            "timestamp": self.version.milliseconds,
            "expirationTimestamp": one.ends,
            "deltaSingleAction": {"add": add},
        }
        return {"file": told}

    def change(self, one: ChangeAction) -> dict[str, Any]:
        """The action of one file of changes."""
        action: dict[str, Any] = {"path": one.file.url, "partitionValues": {}, "size": one.file.size}
        if one.whole:
            more = {"modificationTime": one.version.milliseconds, "dataChange": True, "stats": one.file.stats}
            single = {"add": {**action, **more}}
        else:
            single = {"cdc": {**action, "dataChange": False}}
        told = {
            "id": _id(one.version.release_id, one.file.name),
            "version": one.version.number,
            "timestamp": one.version.milliseconds,
            "expirationTimestamp": one.file.ends,
            "deltaSingleAction": single,
        }
        return {"file": told}


def _described(table: Table, schema: str) -> dict[str, Any]:
    return {
        "id": _id(table.agreement, table.name),
        "name": table.name,
        "format": {"provider": "parquet", "options": {}},
        "schemaString": schema,
        "partitionColumns": [],
        "configuration": {},
        "createdTime": table.versions[0].milliseconds,
    }


def _id(*parts: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(parts)))


def listed(items: Sequence[Mapping[str, Any]], most: int | None, page: str | None) -> dict[str, Any]:
    """One page of a list, with the token of the next where there is one. ValueError for a token that is none."""
    start = _page(page)
    end = len(items) if most is None else min(len(items), start + most)
    found: dict[str, Any] = {"items": list(items[start:end])}
    return {**found, "nextPageToken": str(end)} if end < len(items) else found


def _page(token: str | None) -> int:
    if not token:
        return 0
    if not (token.isascii() and token.isdigit() and len(token) <= 9):
        raise ValueError(token)
    return int(token)


def limited(files: Sequence[FileAction], rows: Mapping[str, int], limit: int | None) -> Iterator[FileAction]:
    """The first files that together have as many rows as a client says it wants; all where it does not."""
    left = limit
    for one in files:
        if left is not None and left <= 0:
            return
        yield one
        left = None if left is None else left - rows[one.name]
