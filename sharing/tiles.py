"""The hashes of a log's tree, in tiles of 256: written as the log grows, and read by whoever proves something by them.

    tile/<level>/<number>           256 hashes, whole and never changed; numbers as x001/x234/067
    tile/<level>/<number>.p/<width> so many of them, the right edge of the tree

Hashes alone, no record: a log may be read by all. Source: https://c2sp.org/tlog-tiles.
"""

from __future__ import annotations

import shutil
import urllib.request
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from sharing.durable import make_folder, read_file, write_file
from sharing.faults import SharingRefused
from sharing.tree import perfect_root

HEIGHT = 8
WIDTH = 1 << HEIGHT
_HASH = 32
_SECONDS = 20.0
_LIMIT = 1 << 20

Reader = Callable[[str], bytes]
"""Reads a file of a log by its path below it; OSError where there is none."""


def tile_path(level: int, number: int, width: int = WIDTH) -> str:
    """The path of a tile below the log's folder."""
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.append(f"x{number % 1000:03}")
    name = "/".join(reversed(groups))
    return f"tile/{level}/{name}" + ("" if width == WIDTH else f".p/{width}")


class Tiles:
    """The tiles of one log, to read. OSError where one is missing, ValueError where it is none."""

    def __init__(self, read: Reader) -> None:
        self._read = read
        self._tile = lru_cache(1024)(self._loaded)

    def node(self, level: int, index: int, size: int) -> bytes:
        """The root of a perfect subtree, in a tree of `size` leaves (`sharing.tree.Nodes`)."""
        row, within = divmod(level, HEIGHT)
        first = index << within
        number, place = divmod(first, WIDTH)
        width = min((size >> (HEIGHT * row)) - number * WIDTH, WIDTH)
        hashes = self._tile(row, number, width)
        return perfect_root(hashes[place : place + (1 << within)])

    def _loaded(self, level: int, number: int, width: int) -> tuple[bytes, ...]:
        try:
            data = self._read(tile_path(level, number, width))
        except OSError:
            # Since then the tile has been filled.
            data = self._read(tile_path(level, number))
        if len(data) < width * _HASH or len(data) % _HASH:
            raise ValueError(f"{tile_path(level, number, width)} has {len(data)} bytes")
        return tuple(data[place : place + _HASH] for place in range(0, width * _HASH, _HASH))

    def right_edge(self, level: int, size: int) -> list[bytes]:
        """The hashes of the last tile of a level that is not full, in a tree of `size`."""
        number, width = divmod(size >> (HEIGHT * level), WIDTH)
        return list(self._tile(level, number, width)) if width else []


def folder_reader(folder: Path) -> Reader:
    """Reads a log in a folder; of a right edge that has grown since, the part that is asked for."""

    def read(name: str) -> bytes:
        try:
            return read_file(folder / name)
        except OSError:
            edge, _, width = name.partition(".p/")
            grown = [one for one in (folder / f"{edge}.p").glob("*") if width and int(one.name) > int(width)]
            if not grown:
                raise
            return read_file(grown[0])[: int(width) * _HASH]

    return read


def web_reader(url: str) -> Reader:
    """Reads a log at an address, by HTTP; SharingRefused for an address of another kind."""
    if not url.startswith(("https://", "http://")):
        raise SharingRefused("log_address", url, "no address of the web", "give one that begins with https://")

    def read(name: str) -> bytes:
        with urllib.request.urlopen(f"{url.rstrip('/')}/{name}", timeout=_SECONDS) as answer:  # noqa: S310
            return bytes(answer.read(_LIMIT))

    return read


def add_tiles(folder: Path, size: int, leaves: Iterable[bytes]) -> int:
    """Add leaf hashes to a log of `size` leaves, and return its new size. What was there before stays until `tidy`."""
    tiles, fresh, added, level = Tiles(folder_reader(folder)), list(leaves), 0, 0
    added = len(fresh)
    while fresh:
        start = size >> (HEIGHT * level)
        hashes, number = [*tiles.right_edge(level, size), *fresh], start // WIDTH
        fresh = []
        for place in range(0, len(hashes), WIDTH):
            tile = hashes[place : place + WIDTH]
            _write(folder / tile_path(level, number, len(tile)), tile)
            if len(tile) == WIDTH:
                fresh.append(perfect_root(tile))
            number += 1
        level += 1
    return size + added


def tidy(folder: Path, size: int) -> None:
    """Remove the right edges that a tree of `size` has left behind."""
    level = 0
    while (width := size >> (HEIGHT * level)) or level == 0:
        for path in (folder / "tile" / str(level)).rglob("*.p"):
            number, kept = divmod(width, WIDTH)
            if kept and path == (folder / tile_path(level, number, kept)).parent:
                for old in path.iterdir():
                    if old.name != str(kept):
                        old.unlink()
            else:
                shutil.rmtree(path)
        level += 1


def _write(path: Path, hashes: Sequence[bytes]) -> None:
    make_folder(path.parent)
    write_file(path, b"".join(hashes))
