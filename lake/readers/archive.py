"""An archive and its members: which of them are the delivery, and how each is read by the reader of its format.

A zip is unpacked here, a tar by `tarball`, both within limits.

Members are unpacked under names of our own, so no name in an archive leads anywhere.
"""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TypeVar

from contracts.model import Dataset
from lake.readers.landing import Landed, look_at
from lake.readers.packed import Limit
from lake.readers.refusal import DeliveryRefused
from lake.readers.tarball import member_place, unpacked_tar
from lake.readers.zip_gaps import refuse_forgotten
from quality.conform import Delivered

Reading = tuple[Delivered, int]
InfoT = TypeVar("InfoT")
Read = Callable[[Dataset, Landed, Path], Reading]

# Damaged (BadZipFile, zlib.error, EOFError), locked (RuntimeError), packed by an unknown method (NotImplementedError).
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError, OSError)
_UTF8_NAME, _LOCKED = 0x800, 0x1
# What systems add of themselves: nobody delivered it.
_NOISE = re.compile(
    r"(^|/)(__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$|~\$[^/]*$|\.~lock\.[^/]*$)", re.IGNORECASE
)
_ENDINGS = {
    "sqlite": ("*.sqlite", "*.db"),
    "json": ("*.json",),
    "html": ("*.html", "*.htm"),
    "fixed": ("*.txt", "*.dat"),
}
_PACKED = {".zip", ".rar", ".7z", ".gz", ".tgz", ".tar", ".zst", ".bz2", ".xz"}
# What may be left out where no member is named: it tells of the data, and is none. All else would be missed.
_BESIDE = {".pdf", ".doc", ".docx", ".rtf", ".md", ".rst", ".ppt", ".pptx", ".wps", ".ofd"}
_PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".svg", ".webp"}
_SUMS = {".md5", ".sha1", ".sha256", ".sha512", ".sm3", ".sig", ".asc"}
_TELLING = re.compile(
    r"(read[ _\-]?me|licen[cs]e|copying|notice|changelog)(?![a-z0-9]).*|.*(说明|须知|声明|必读|自述)", re.IGNORECASE
)
_TOLD_IN = {"", ".txt", ".htm", ".html"}
_SHOWN = 5


def read_archive(dataset: Dataset, landed: Landed, scratch: Path, read: Read) -> Reading:
    """The members that match the contract's glob, in name order, as one relation; the sum of their records."""
    folder = scratch / landed.batch
    members = unpacked_members(dataset, landed.file, folder)
    within = member_dataset(dataset)
    readings = []
    for place, (name, file) in enumerate(members):
        try:
            member = look_at(within, file, f"{landed.batch}_{place}")
            readings.append((name, *read(within, member, folder / f"read{place}")))
        except DeliveryRefused as refusal:
            if refusal.file != file.name:
                raise
            # It was unpacked under a name of ours, and is told by its own.
            raise refusal.named(name) from None
    return _together(readings)


def _together(readings: Sequence[tuple[str, Delivered, int]]) -> Reading:
    """What was read of each member as one, its doubts under the member's name."""
    parts = " union all by name ".join(f"(select * from {delivered.relation})" for _, delivered, _ in readings)
    doubts: dict[str, str] = {}
    for name, delivered, _ in readings:
        for kind, words in delivered.doubts.items():
            doubts.setdefault(kind, f"{name}: {words}" if len(readings) > 1 else words)

    def again() -> Reading:
        return _together([(name, *(one.again() if one.again else (one, count))) for name, one, count in readings])

    whole = replace(
        readings[0][1],
        relation=f"(select * replace (row_number() over () as _row) from ({parts}))",
        parts=(),
        beside={name: column for _, one, _ in readings for name, column in one.beside.items()},
        doubts=doubts,
        again=again if any(one.again for _, one, _ in readings) else None,
    )
    return whole, sum(count for _, _, count in readings)


def member_dataset(dataset: Dataset) -> Dataset:
    """The dataset as its members are read: `member` named the members, so it names nothing within them."""
    return replace(dataset, source=replace(dataset.source, format=dataset.source.member_format, member=None))


def unpacked_members(dataset: Dataset, file: Path, folder: Path) -> list[tuple[str, Path]]:
    """The delivered members by name, each unpacked below `folder`. Raises `DeliveryRefused`."""
    if dataset.source.format == "tar":
        return unpacked_tar(dataset, file, folder, lambda entries: chosen_members(dataset, file.name, entries))
    try:
        with zipfile.ZipFile(file) as archive:
            refuse_forgotten(dataset, file, archive)
            chosen = _chosen(dataset, file.name, archive)
            limit = Limit(dataset, file.name, file.stat().st_size)
            limit.judge(sum(info.file_size for _, info in chosen))
            return [
                (name, _unpack(archive, info, limit, member_place(folder, place, name)))
                for place, (name, info) in enumerate(chosen)
            ]
    except _UNREADABLE as error:
        what = f"the zip cannot be read ({type(error).__name__}): it is damaged, locked or packed in a rare way"
        raise _refused(dataset, file.name, what, "Ask for the file again.") from None


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: Limit, copy: Path) -> Path:
    copy.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(info) as packed, copy.open("wb") as target:
        limit.copy(packed, target)
    return copy


def _chosen(dataset: Dataset, file: str, archive: zipfile.ZipFile) -> list[tuple[str, zipfile.ZipInfo]]:
    entries = [(member_name(info), info) for info in archive.infolist()]
    chosen = chosen_members(dataset, file, [(name, info) for name, info in entries if not name.endswith("/")])
    for name, info in chosen:
        if stat.S_ISLNK(info.external_attr >> 16):
            raise _refused(dataset, file, f"its member {name!r} is a link, not a file", "Ask for the file itself.")
        if info.flag_bits & _LOCKED:
            raise _refused(dataset, file, f"its member {name!r} is locked by a password", "Ask for it without one.")
    return chosen


def chosen_members(dataset: Dataset, file: str, entries: Sequence[tuple[str, InfoT]]) -> list[tuple[str, InfoT]]:
    """Those of an archive's files, by name, that are the delivery. Raises `DeliveryRefused`."""
    entries = [(name, info) for name, info in entries if not _NOISE.search(name)]
    globs = (dataset.source.member,) if dataset.source.member else _globs(dataset.source.member_format)
    chosen = sorted((entry for entry in entries if _matches(entry[0], globs)), key=lambda entry: entry[0])
    _refuse_others(dataset, file, [name for name, _ in entries if not _matches(name, globs)], found=bool(chosen))
    for name, count in Counter(name for name, _ in chosen).items():
        if count > 1:
            what = f"it has {count} members of one name, {name!r}: which of them is meant is not said"
            raise _refused(dataset, file, what, "Ask for it with each member once, or under its own name.")
    return chosen


def _globs(format_: str) -> tuple[str, ...]:
    return _ENDINGS.get(format_, (f"*.{format_}",))


def member_name(info: zipfile.ZipInfo) -> str:
    """A member's name as people read it: without the mark of UTF-8 it is that, or GB 18030 as Windows writes it."""
    name = info.orig_filename
    if not info.flag_bits & _UTF8_NAME:
        try:
            raw = name.encode("cp437")
        except UnicodeEncodeError:
            raw = name.encode("utf-8")
        name = next((text for text in (_decoded(raw, "utf-8"), _decoded(raw, "gb18030")) if text), name)
    return name.split("\0")[0].replace("\\", "/")


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return ""


def _matches(name: str, globs: Sequence[str]) -> bool:
    """Whether a glob matches, the case of the ending aside: A.CSV is as much a .csv as a.csv."""
    path = PurePosixPath(name)
    lowered = path.with_suffix(path.suffix.lower()) if path.suffix not in {"", "."} else path
    return any(path.match(glob) or lowered.match(_lower_ending(glob)) for glob in globs)


def _lower_ending(glob: str) -> str:
    stem, dot, ending = glob.rpartition(".")
    return f"{stem}{dot}{ending.lower()}" if dot and "/" not in ending else glob


def _is_alike(name: str, glob: str) -> bool:
    return PurePosixPath(name.casefold()).match(glob.casefold())


def _refuse_others(dataset: Dataset, file: str, others: Sequence[str], *, found: bool) -> None:
    """Nothing is left out without a word: what is not asked for by a declared glob, and is data by its name."""
    more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
    packed = [name for name in others if PurePosixPath(name).suffix.lower() in _PACKED]
    if packed and (not found or not dataset.source.member):
        what = f"it has an archive within, {packed[0]!r}, and no archive within another is opened"
        raise _refused(dataset, file, what, "Ask for its files in one zip, or declare servers.member.")
    if not found:
        wanted = dataset.source.member or " or ".join(_globs(dataset.source.member_format))
        has = f"; it has {', '.join(map(repr, others[:_SHOWN]))}{more}" if others else ""
        raise _refused(dataset, file, f"no member matches {wanted!r}{has}", "Correct servers.member in the contract.")
    alike = [name for name in others if dataset.source.member and _is_alike(name, dataset.source.member)]
    if alike:
        what = f"its member {alike[0]!r} would be left out: only upper and lower case divide it from servers.member"
        raise _refused(dataset, file, what, "Declare the members that are meant: servers.member, a glob.")
    data = [name for name in others if not _tells_only(name)]
    if data and not dataset.source.member:
        wanted = " or ".join(_globs(dataset.source.member_format))
        what = f"its member {data[0]!r} would be left out: it does not match {wanted}"
        raise _refused(dataset, file, what, "Declare the members that are meant: servers.member, a glob.")


def _tells_only(name: str) -> bool:
    """Whether a member, by its name, is about the data only: documents, pictures, sums."""
    path = PurePosixPath(name)
    ending = path.suffix.lower()
    return ending in _BESIDE | _PICTURES | _SUMS or (ending in _TOLD_IN and bool(_TELLING.fullmatch(path.stem)))


def _refused(dataset: Dataset, file: str, what: str, fix: str) -> DeliveryRefused:
    return DeliveryRefused(dataset.id, file, what, "archive", fix)
