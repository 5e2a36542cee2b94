"""Landing: whatever the bytes and wherever a block ends, the description is that of the whole text."""

from __future__ import annotations

import csv
import io
import tempfile
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from lake.readers import landing
from lake.readers.landing import UNUSED, Landed, land
from lake.readers.refusal import DeliveryRefused
from tests.unit.lake.desk import column, dataset

_BYTES = [b"a", b"\n", b"\xe5", b"\xbc", b"\xa0", b"\xf0\x9f", b"\xed\xa0\x80", b"\xc0\x80", b"\xff"]
_PIECES = ["a", "\n", "\r", '"', ",", "张", "é", "😀", "\n\n", "\n\r\n", "\r\n", "\x01", "\x03"]


def landed(content: bytes, encoding: str, block: int) -> Landed:
    with tempfile.TemporaryDirectory() as folder, patch.object(landing, "_BLOCK", block):
        file = Path(folder) / "people.csv"
        file.write_bytes(content)
        return land(dataset(column("id"), encoding=encoding), f"file://{file}", Path(folder) / "landing")


@settings(max_examples=40)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@given(text=some.lists(some.sampled_from(_PIECES), min_size=1).map("".join), block=some.integers(1, 9))
def test_a_text_is_described_alike_however_it_is_cut_into_blocks(encoding: str, text: str, block: int) -> None:
    found = landed(text.encode(encoding), encoding, block)
    ends_clean = text.endswith(("\n", "\r"))
    assert found.lines == text.count("\n") + (not ends_clean)
    assert found.ends_clean == ends_clean
    assert found.unused == "".join(mark for mark in UNUSED if mark not in text)
    if not encoding.startswith("utf-8"):
        assert found.shape is None  # that of its copy counts
        return
    whole = landed(text.encode(encoding), encoding, 1 << 20).shape
    assert found.shape and whole and replace(found.shape, fault="") == replace(whole, fault="")
    assert found.shape.regular == whole.regular
    if whole.regular:
        assert whole.records == len(list(csv.reader(io.StringIO(text, newline=""))))
        assert whole.plain == ('"' not in text)


@given(content=some.lists(some.sampled_from(_BYTES), min_size=1).map(b"".join), block=some.integers(1, 5))
@example(content="张三\n".encode()[:-2], block=2)
@example(content="张".encode() * 3, block=1)
def test_bytes_are_refused_where_they_stop_being_utf_8_and_nowhere_else(content: bytes, block: int) -> None:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        with pytest.raises(DeliveryRefused, match=f"byte {error.start},"):
            landed(content, "utf-8", block)
    else:
        assert landed(content, "utf-8", block).bytes == len(content)
