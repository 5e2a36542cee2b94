"""Parts of a file, for an engine that opens whole files only: a range of bytes under a name of its own, copied nowhere.

What the ranges are is the callers'. Cutting a large delivery into files cost as much time as landing it.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from fsspec import AbstractFileSystem

_PROTOCOL = "byterange"


def range_name(file: Path, begin: int, end: int) -> str:
    """The name under which the engine opens the bytes from `begin` up to `end`."""
    return f"{_PROTOCOL}://{begin}:{end}:{file}"


def serve_ranges(connection: duckdb.DuckDBPyConnection) -> None:
    """Have the connection, and every cursor of its database, open such names."""
    if not connection.filesystem_is_registered(_PROTOCOL):
        connection.register_filesystem(_Ranges())


def _parsed(name: str) -> tuple[int, int, str]:
    begin, end, path = name.removeprefix(f"{_PROTOCOL}://").split(":", 2)
    return int(begin), int(end), path


class _Range(io.RawIOBase):
    """A range of a file as a file of its own."""

    def __init__(self, begin: int, end: int, path: str) -> None:
        self._file = Path(path).open("rb", buffering=0)  # noqa: SIM115 - closed by close()
        self._begin, self._end = begin, end
        self.size = end - begin
        self._file.seek(begin)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell() - self._begin

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: self._begin, io.SEEK_CUR: self._file.tell(), io.SEEK_END: self._end}[whence]
        return self._file.seek(base + offset) - self._begin

    def read(self, size: int = -1) -> bytes:
        left = self._end - self._file.tell()
        wanted = left if size < 0 else min(size, left)
        return self._file.read(wanted) or b"" if wanted > 0 else b""

    def close(self) -> None:
        self._file.close()
        super().close()


class _Ranges(AbstractFileSystem):
    """What DuckDB asks of a filesystem, for ranges."""

    protocol = _PROTOCOL
    cachable = False

    def open(self, path: str, mode: str = "rb", **_: Any) -> _Range:
        return _Range(*_parsed(path))

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        begin, end, _name = _parsed(path)
        return {"name": path, "size": end - begin, "type": "file"}

    def exists(self, path: str, **_: Any) -> bool:
        return True

    def isfile(self, path: str) -> bool:
        return True

    def glob(self, path: str, **_: Any) -> list[str]:
        return [path]

    def modified(self, path: str) -> datetime:
        return datetime(2000, 1, 1, tzinfo=UTC)
