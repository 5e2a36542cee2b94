"""Several packed streams in one file: all of them, or damage; never what comes before the damage alone."""

from __future__ import annotations

import bz2
import lzma
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from lake.readers.packed import UNREADABLE
from lake.readers.streams import open_bzip2, open_xz

WAYS = {"bzip2": (bz2.compress, open_bzip2), "xz": (lzma.compress, open_xz)}
PIECES = some.lists(some.binary(max_size=400), min_size=1, max_size=4)
QUIET = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def unpacked(way: str, data: bytes, tmp_path: Path, size: int = 97) -> bytes:
    file = tmp_path / "packed"
    file.write_bytes(data)
    with WAYS[way][1](file) as stream:
        return b"".join(iter(lambda: stream.read(size), b""))


@pytest.mark.parametrize("way", WAYS)
@QUIET
@given(pieces=PIECES, size=some.integers(1, 500))
def test_every_stream_is_read_to_its_end(way: str, pieces: list[bytes], size: int, tmp_path: Path) -> None:
    pack = WAYS[way][0]
    assert unpacked(way, b"".join(map(pack, pieces)), tmp_path, size) == b"".join(pieces)


@pytest.mark.parametrize("way", WAYS)
@QUIET
@given(pieces=PIECES, chance=some.data())
def test_nothing_that_is_cut_or_changed_or_has_more_behind_it_is_taken(
    way: str, pieces: list[bytes], chance: some.DataObject, tmp_path: Path
) -> None:
    sound = b"".join(map(WAYS[way][0], pieces))
    place = chance.draw(some.integers(0, len(sound) - 1))
    ends = {sum(len(WAYS[way][0](one)) for one in pieces[:number]) for number in range(1, len(pieces) + 1)}
    harmed = {
        "cut": sound[:place] if place and place not in ends else sound[:-1],
        "more": sound + chance.draw(some.binary(min_size=1, max_size=20).filter(lambda one: one.strip(b"\0"))),
        "changed": sound[:place] + bytes([sound[place] ^ 255]) + sound[place + 1 :],
    }
    for what, data in harmed.items():
        with pytest.raises(UNREADABLE):
            found = unpacked(way, data, tmp_path)
            assert what == "changed" and found == b"".join(pieces), what  # a byte that says nothing
            raise OSError("it says what it said")


def test_xz_may_be_padded_by_groups_and_bzip2_may_not(tmp_path: Path) -> None:
    one, two = lzma.compress(b"one"), lzma.compress(b"two")
    assert unpacked("xz", one + b"\0" * 8 + two + b"\0" * 4, tmp_path) == b"onetwo"
    for way, data in (("xz", one + b"\0" * 6 + two), ("xz", one + b"\0"), ("bzip2", bz2.compress(b"one") + b"\0" * 4)):
        with pytest.raises(UNREADABLE):
            unpacked(way, data, tmp_path)
