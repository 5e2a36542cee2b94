"""Writing one delivery in its contract's format and encoding, streaming, the same bytes for the same city.

DuckDB writes every file; what it cannot write (GB18030, several files in one zip) is made from its UTF-8 output in
blocks on a worker thread while the next query runs.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from duckdb import DuckDBPyConnection

from tests.sample_city.extract import Extract

_BLOCK = 1 << 22
_MEMBERS = 4
_ZIP_TIME = (2026, 11, 1, 0, 0, 0)
_LINES = r"(FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\x01')"
EXTENSIONS = ("excel", "sqlite_scanner")


class Writer:
    """Writes extracts below a folder; `finish` waits for what is still being transcoded or packed."""

    def __init__(self, connection: DuckDBPyConnection, out: Path, work: Path) -> None:
        self._connection = connection
        self._out = out
        self._work = work
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._pending: list[Future[None]] = []
        self._formats: dict[str, Callable[[Extract, Path], None]] = {
            "csv": self._csv,
            "zip": self._zip,
            "ndjson": self._ndjson,
            "parquet": self._parquet,
            "xlsx": self._xlsx,
            "sqlite": self._sqlite,
        }

    def write(self, extract: Extract) -> Path:
        """Write one delivery; the path it will have once `finish` has returned."""
        path = extract.table.layout.path(self._out, extract.date)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._formats[extract.table.layout.format](extract, path)
        return path

    def finish(self) -> None:
        """Wait for the worker, and raise what went wrong there."""
        self._pool.shutdown(wait=True)
        for future in self._pending:
            future.result()

    def _csv(self, extract: Extract, path: Path) -> None:
        layout = extract.table.layout
        if layout.encoding == "utf-8":
            mark = "chr(65279) || " if extract.table.bom else ""
            self._copy(f"SELECT {mark}'{extract.header()}' UNION ALL ({extract.lines()})", path, _LINES)
            return
        plain = self._work / f"{layout.dataset}.{extract.date}.utf8"
        self._copy(f"SELECT '{extract.header()}' || chr(13) UNION ALL ({extract.lines()})", plain, _LINES)
        self._pending.append(self._pool.submit(_transcode, plain, path, layout.encoding))

    def _zip(self, extract: Extract, path: Path) -> None:
        """Several CSV files of about the same size; records are numbered through them in the order of their names."""
        lines = self._work / f"{extract.table.dataset}.{extract.date}.lines"
        self._copy(extract.lines(), lines, _LINES)
        stem = extract.table.layout.member.replace("*", "{}")
        self._pending.append(self._pool.submit(_pack, lines, path, stem, extract.header()))

    def _ndjson(self, extract: Extract, path: Path) -> None:
        self._copy(extract.named(), path, "(FORMAT json)")

    def _parquet(self, extract: Extract, path: Path) -> None:
        self._copy(extract.named(), path, "(FORMAT parquet, ROW_GROUP_SIZE 122880)")

    def _xlsx(self, extract: Extract, path: Path) -> None:
        self._copy(extract.named(), path, f"(FORMAT xlsx, HEADER true, SHEET '{extract.table.layout.member}')")

    def _sqlite(self, extract: Extract, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._connection.execute(f"ATTACH '{path}' AS delivery (TYPE sqlite)")
        self._connection.execute(f'CREATE TABLE delivery."{extract.table.layout.member}" AS {extract.named()}')
        self._connection.execute("DETACH delivery")

    def _copy(self, select: str, path: Path, options: str) -> None:
        self._connection.execute(f"COPY ({select}) TO '{path}' {options}")


def _transcode(plain: Path, path: Path, encoding: str) -> None:
    with plain.open(encoding="utf-8", newline="") as source, path.open("w", encoding=encoding, newline="") as target:
        while block := source.read(_BLOCK):
            target.write(block)
    plain.unlink()


def _pack(lines: Path, path: Path, member: str, header: str) -> None:
    """Split a file of lines into members of whole lines and zip them, without a time of day in the archive."""
    size = lines.stat().st_size // _MEMBERS + 1
    with lines.open("rb") as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(_MEMBERS):
            info = zipfile.ZipInfo(member.format(number + 1), _ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w") as target:
                target.write(f"{header}\n".encode())
                left = size if number < _MEMBERS - 1 else lines.stat().st_size
                while left > 0 and (block := source.read(min(left, _BLOCK))):
                    target.write(block)
                    left -= len(block)
                target.write(source.readline() if left <= 0 else b"")
    lines.unlink()
