"""Landing: the delivered bytes, copied untouched, named by the digest of their content.

One pass copies, digests, checks the encoding and counts lines. What the bytes mean is the readers' business.
"""

from __future__ import annotations

import codecs
import errno
import glob
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pyarrow as pa

from contracts.completeness import is_mark
from contracts.databases import is_asked
from contracts.model import Dataset
from contracts.stores import store_of
from lake.readers.admission import refused_by_system
from lake.readers.diagnosis import encoding_hint, nulls_hint
from lake.readers.dialect import parity_of
from lake.readers.gb18030 import assigned
from lake.readers.kinds import foreign_to_text, marked_kind
from lake.readers.packed import packing_of
from lake.readers.parity import Parity, Shape
from lake.readers.refusal import DeliveryRefused
from lake.readers.settling import expect_promised, fingerprint, refuse_changed
from lake.readers.stores import filesystem_of, matching, open_file, root_of
from lake.scratch import own_folder
from sharing import durable

_BLOCK = 8 << 20
_WHOLE = "as a whole"
_OF_THE_COPY = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENAMETOOLONG}
_SEAM = 2
_HEAD = 1 << 16
# Candidates for a reader's own marks: Hive delimits by the first, so one is not enough.
UNUSED = "\x01\x02\x03\x04"
TEXT_FORMATS = {"csv", "fixed", "ndjson", "json", "geojson"}


@dataclass(frozen=True)
class Landed:
    """One delivery, landed. `batch` is 32 hex digits of SHA-256 over the dataset's name and the delivered bytes.

    For text formats `lines` counts newline-ended or final lines; `plain` says that no line is blank, `ends_clean` that
    the last byte is a newline. `shape` is that of delimited text in UTF-8, None where it is in another encoding and has
    to be looked at as a copy. `marks` are places in the file, each the offset of a byte and the number of newlines
    before it. `unused` are characters that the text does not have: what a reader must mark by a character of its own,
    it marks by one of these.
    """

    batch: str
    file: Path
    source: str
    bytes: int
    digest: str
    lines: int = 0
    plain: bool = False
    ends_clean: bool = True
    shape: Shape | None = None
    marks: tuple[tuple[int, int], ...] = ()
    unused: str = UNUSED


# Newlines are single bytes of their own in these; elsewhere characters must be looked at.
_UTF8 = {"ascii", "utf-8", "utf-8-sig"}
_BYTEWISE = {*_UTF8, "gbk", "gb2312", "gb18030"}


@dataclass
class _Scan:
    """What one pass over the bytes finds. `parity` counts the records of delimited text."""

    encoding: str | None
    parity: Parity | None
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    size: int = 0
    newlines: int = 0
    blank: bool = False
    returns: bool = False
    last: str = "\n"
    head: bytes = b""
    marks: list[tuple[int, int]] = field(default_factory=list)
    unused: str = UNUSED
    high: bool = False

    @property
    def bytewise(self) -> bool:
        """Whether a newline is one byte, and nothing else is."""
        return self._bytewise

    def __post_init__(self) -> None:
        name = codecs.lookup(self.encoding).name if self.encoding else ""
        self._bytewise = name in _BYTEWISE
        self._decoder = _Utf8() if name in _UTF8 - {"ascii"} else _decoder(self.encoding) if self.encoding else None
        self.parity = self.parity if name in _UTF8 else None
        # What is UTF-8 all through, and not ASCII alone, is nothing else by accident.
        self._other = _Utf8() if name and name not in _UTF8 and not name.startswith(("utf-16", "utf-32")) else None

    def feed(self, block: bytes) -> None:
        """Look at the next block, all but its digest."""
        if not self.head:
            self.head = block[:_HEAD]
            if packing_of(block[:_HEAD]):  # its text is within, and is looked at once it is unpacked
                self._decoder = self.parity = self._other = self.encoding = None
        if self._decoder:
            text = self._decoder.decode(block)
            if self._bytewise:
                self._look_at_bytes(block)
            else:
                self._look(text)
            self._hold_against_utf8(block)
        self.size += len(block)
        self.marks.append((self.size, self.newlines))

    def _look(self, text: str) -> None:
        self.unused = "".join(mark for mark in self.unused if mark not in text)
        self.newlines += text.count("\n")
        joined = self.last + text
        self.blank = self.blank or "\n\n" in joined or "\n\r\n" in joined
        self.returns = self.returns or "\r" in text
        self.last = joined[-2:]

    def _look_at_bytes(self, block: bytes) -> None:
        self.unused = "".join(mark for mark in self.unused if mark.encode() not in block)
        if self.parity:
            self.parity.feed(block)
            self.newlines = self.parity.lines
        else:
            self._look_at_lines(block)
        self.last = (self.last + block[-_SEAM:].decode("ascii", "replace"))[-_SEAM:]

    def _look_at_lines(self, block: bytes) -> None:
        seam = self.last.encode("ascii", "replace") + block[:_SEAM]
        self.newlines += block.count(b"\n")
        self.returns = self.returns or b"\r" in block
        self.blank = self.blank or any(
            blank in piece for blank in (b"\n\n", *([b"\n\r\n"] if self.returns else [])) for piece in (seam, block)
        )

    def _hold_against_utf8(self, block: bytes) -> None:
        if self._other:
            self.high = self.high or not block.isascii()
            try:
                self._other.decode(block)
            except UnicodeError:
                self._other = None

    def finish(self) -> None:
        """There are no more blocks."""
        if self._decoder:
            self._decoder.decode(b"", final=True)
        if self._other:
            try:
                self._other.decode(b"", final=True)
            except UnicodeError:
                self._other = None

    @property
    def is_utf8(self) -> bool:
        """Whether the bytes are those of UTF-8, and another encoding is declared."""
        return bool(self._other) and self.high


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    return codecs.getincrementaldecoder(encoding)("strict")


class _Utf8:
    """Proves that blocks are UTF-8, at five times the speed of decoding them; raises what decoding would."""

    def __init__(self) -> None:
        self._rest = b""

    def decode(self, block: bytes, final: bool = False) -> str:
        """Nothing: the bytes are looked at. A character that the block may have cut waits for the next."""
        waiting = len(self._rest)
        text = self._rest + block if waiting else block
        cut = len(text) if final else _whole(text)
        self._rest = text[cut:]
        _prove_utf8(text[:cut], waiting)
        return ""


def _whole(text: bytes) -> int:
    """Where the last character begins that may not be whole: at most four bytes before the end."""
    for place in range(len(text) - 1, max(len(text) - 5, -1), -1):
        if text[place] < 0x80:
            return len(text)
        if text[place] >= 0xC0:
            return place
    return len(text)


def _prove_utf8(text: bytes, waiting: int) -> None:
    offsets = pa.py_buffer(b"".join(end.to_bytes(8, "little") for end in (0, len(text))))
    binary = pa.Array.from_buffers(pa.large_binary(), 1, [None, offsets, pa.py_buffer(text)])
    try:
        binary.cast(pa.large_string())
    except pa.ArrowInvalid:
        try:
            text.decode("utf-8")
        except UnicodeDecodeError as error:
            # Positions count from the block in hand, before which some bytes were waiting.
            error.start -= waiting
            error.end -= waiting
            error.object = error.object[waiting:]
            raise


def find_deliveries(dataset: Dataset, root: Path | str, ending: str = "") -> list[str]:
    """The delivered files of a dataset below `root` (any fsspec URL), in name order; with `ending` the marks behind
    their names instead.
    """
    if is_asked(dataset):
        return []
    place = root_of(dataset, root)
    filesystem, base = filesystem_of(place)
    base = base.rstrip("/")
    # The root is a place, whatever characters its name has; only the contract's part is a pattern.
    names = matching(filesystem, f"{glob.escape(base)}/{dataset.source.path}{ending}")
    if not names and not ending and store_of(dataset):
        filesystem.info(base)  # a place that is gone, or closed to us, is told otherwise than an empty one
    return [
        f"{place}{found.removeprefix(base)}" if store_of(dataset) else filesystem.unstrip_protocol(found)
        for found in names
        if ending or not is_mark(dataset.source.complete, found.rsplit("/", 1)[-1])
    ]


def land(dataset: Dataset, url: str, landing: Path, *, as_promised: bool = False) -> Landed:
    """Copy one delivered file into the landing area and describe it; one that is `as_promised`, by its manifest.

    Raises `NotSettled` for a file that changes meanwhile; `DeliveryRefused` for one that is missing, empty, or neither
    in the declared encoding nor what its manifest says.
    """
    name = url.rsplit("/", 1)[-1]
    folder = landing / dataset.table
    # Delivered bytes lie here in the clear: for their owner's eyes only.
    own_folder(landing)
    folder.mkdir(exist_ok=True)
    draft = folder / f".{os.getpid()}.{name}.part"
    scan = _scan(dataset)
    try:
        _copy_still(dataset, url, draft, scan)
        _refuse_other_encoding(dataset, name, scan)
        if as_promised:
            expect_promised(dataset, url, scan.size, scan.digest.hexdigest())
        batch = batch_id(dataset, scan.digest.hexdigest())
        final = folder / batch / name
        if not final.parent.is_dir():
            durable.make_folder(final.parent)
        # One name for one content; what came now is what was digested now, whatever has become of the copy since.
        final = next(iter(sorted(final.parent.iterdir())), final)
        # On the disk before the lake has its rows: it may be all that there is to make them of again.
        durable.place_file(draft, final)
    finally:
        draft.unlink(missing_ok=True)
    return _landed(scan, batch, final, url)


def look_at(dataset: Dataset, file: Path, batch: str) -> Landed:
    """A file that was unpacked from a landed one, described as if it had landed itself.

    Raises `DeliveryRefused` for one that is empty, or not in the declared encoding.
    """
    scan = _scan(dataset)
    _feed(dataset, file.name, file.open("rb"), None, scan)
    _refuse_other_encoding(dataset, file.name, scan)
    return _landed(scan, batch, file, str(file))


def _scan(dataset: Dataset) -> _Scan:
    encoding = dataset.source.encoding if dataset.source.format in TEXT_FORMATS else None
    # Records of delimited text are told by its quotes; a line of NDJSON is a record, whatever is in it.
    return _Scan(encoding, parity_of(dataset) if dataset.source.format in {"csv", "fixed"} else None)


def _landed(scan: _Scan, batch: str, file: Path, source: str) -> Landed:
    ends_clean = scan.last.endswith(("\n", "\r"))
    return Landed(
        batch=batch,
        file=file,
        source=source,
        bytes=scan.size,
        digest=scan.digest.hexdigest(),
        lines=scan.newlines + (not ends_clean),
        # Where carriage returns alone end the lines, newlines count none of them.
        plain=not scan.blank and not (scan.returns and not scan.newlines),
        ends_clean=ends_clean,
        shape=scan.parity.finish() if scan.parity else None,
        marks=tuple(scan.marks),
        unused=scan.unused,
    )


def batch_id(dataset: Dataset, digest: str) -> str:
    """The batch of delivered bytes, by their SHA-256 in hex."""
    return hashlib.sha256(f"{dataset.begun_as}\n{digest}".encode()).hexdigest()[:32]


def _refuse_other_encoding(dataset: Dataset, name: str, scan: _Scan) -> None:
    """Raises `DeliveryRefused` for text that can be read as declared, and by its bytes is in another encoding."""
    declared = dataset.source.encoding
    if scan.encoding is None:
        return
    if kind := foreign_to_text(scan.head):
        fix = "Ask for the file itself in the contracted format, or correct servers.format."
        raise DeliveryRefused(dataset.id, name, f"{kind}, and the contract says {dataset.source.format}", _WHOLE, fix)
    if scan.is_utf8:
        what = f"the bytes are those of utf-8, and the contract says {declared}"
    elif scan.encoding and (hint := nulls_hint(dataset.source, scan.head)):
        what = hint
    else:
        return
    fix = "Declare the encoding it is written in (servers.encoding)."
    raise DeliveryRefused(dataset.id, name, what, _WHOLE, fix)


def unused_mark(dataset: Dataset, name: str, unused: str) -> str:
    """A character that neither the text nor its dialect has. Raises `DeliveryRefused` where there is none."""
    taken = dataset.source.delimiter + dataset.source.quote
    for mark in unused:
        if mark not in taken:
            return mark
    what = f"it has all of the control characters 0x01 to 0x{len(UNUSED):02x}, and a reader needs one for itself"
    raise DeliveryRefused(dataset.id, name, what, "as a whole", "Ask for it again without control characters.")


def _copy_still(dataset: Dataset, url: str, draft: Path, scan: _Scan) -> None:
    """Copy a file to which nobody writes meanwhile: whatever is wrong with one that changes may only be what lacks."""
    try:
        before = fingerprint(url)
    except OSError as error:
        if _is_the_stores(dataset, error):
            raise
        raise refused_by_system(dataset, url.rsplit("/", 1)[-1], error) from None
    try:
        _copy(dataset, url, draft, scan)
    except DeliveryRefused:
        refuse_changed(dataset, url, before)
        raise
    refuse_changed(dataset, url, before, scan.size)


def _copy(dataset: Dataset, url: str, draft: Path, scan: _Scan) -> None:
    name = url.rsplit("/", 1)[-1]
    try:
        with draft.open("wb") as target:
            _feed(dataset, name, open_file(url), target, scan)
    except OSError as error:
        if _is_the_stores(dataset, error):
            raise
        raise refused_by_system(dataset, name, error) from None


def _is_the_stores(dataset: Dataset, error: OSError) -> bool:
    """Whether a store says so, which is told with its cause by who opened it, and not the machine itself."""
    return store_of(dataset) is not None and error.errno not in _OF_THE_COPY


def _feed(
    dataset: Dataset, name: str, opened: AbstractContextManager[IO[bytes]], target: IO[bytes] | None, scan: _Scan
) -> None:
    try:
        # The digest takes as long as all the rest, and lets go of Python's lock.
        with opened as source, ThreadPoolExecutor(1) as digesting:
            while block := source.read(_BLOCK):
                digested = digesting.submit(scan.digest.update, block)
                scan.feed(block)
                if target:
                    target.write(block)
                digested.result()
            scan.finish()
    except UnicodeError as error:
        # UTF-16 that begins without a mark is told without a place.
        start, line = scan.size, f"line {scan.newlines + 1} or soon after"
        if isinstance(error, UnicodeDecodeError):
            start += error.start
            if scan.bytewise:
                newlines = error.object[: max(error.start, 0)].count(b"\n")
                line = f"line {scan.newlines + newlines + 1}"
        raise DeliveryRefused(
            dataset.id,
            name,
            f"the bytes are not {dataset.source.encoding}",
            f"byte {start}, {line}",
            "Declare the encoding it is written in (servers.encoding), or ask for a file that was not cut or re-coded.",
        ).because(marked_kind(scan.head, dataset.source.format) or encoding_hint(dataset.source, scan.head)) from None
    if scan.size == 0:
        fix = "Ask the department to deliver it again."
        if dataset.may_be_empty:
            fix = "A delivery of no records still has its header (or an empty document): ask for it with that."
        raise DeliveryRefused(dataset.id, name, "the file is empty", "0 bytes", fix)


def as_utf8(landed: Landed, encoding: str, scratch: Path) -> Path:
    """A UTF-8 copy of a landed text file, for engines that read no other; the landed file itself where it is UTF-8."""
    name = codecs.lookup(encoding).name
    if name in _UTF8:
        return landed.file
    scratch.mkdir(parents=True, exist_ok=True)
    copy = scratch / f"{landed.batch}.utf8"
    with (
        landed.file.open(encoding=encoding, newline="") as source,
        copy.open("w", encoding="utf-8", newline="") as target,
    ):
        while text := source.read(_BLOCK):
            target.write(assigned(text) if name == "gb18030" else text)
    return copy
