"""A tar, by itself or packed by gzip, zstd, xz or bzip2: its members unpacked within limits, under names of our own.

A tar has no directory: what was cut at its end looks like a shorter one, and what stands behind its end is passed over
by whoever unpacks it. Both are refused. Which members are the delivery is `archive`'s to say.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from contracts.model import Dataset
from lake.readers.packed import UNREADABLE, Limit, unpack
from lake.readers.refusal import DeliveryRefused

Entries = Sequence[tuple[str, tarfile.TarInfo]]
_BLOCK = 512
_AGAIN = "Ask for the file again: it may have been copied by half."


def unpacked_tar(
    dataset: Dataset, file: Path, folder: Path, choose: Callable[[Entries], Entries]
) -> list[tuple[str, Path]]:
    """The delivered members by name, each unpacked below `folder`. Raises `DeliveryRefused`."""
    limit = Limit(dataset, file.name, file.stat().st_size)
    whole = unpack(dataset, file, folder) or file
    try:
        with tarfile.open(whole, "r:", errors="surrogateescape") as archive:
            members = archive.getmembers()
            _refuse_holes(dataset, file.name, members)
            _refuse_cut(dataset, file.name, whole, archive, members)
            chosen = choose([(member.name.removeprefix("./"), member) for member in members if not member.isdir()])
            for name, member in chosen:
                if not member.isreg():
                    what = f"its member {name!r} is a link or a device"
                    raise DeliveryRefused(dataset.id, file.name, what, "archive", "Ask for the file itself.")
            limit.judge(sum(member.size for _, member in chosen))
            return [
                (name, _copied(archive, member, limit, member_place(folder, place, name)))
                for place, (name, member) in enumerate(chosen)
            ]
    except (tarfile.TarError, *UNREADABLE) as error:
        what = f"the tar cannot be read ({type(error).__name__}): it is none, damaged, or was cut on its way"
        raise DeliveryRefused(dataset.id, file.name, what, "archive", _AGAIN) from None


def _copied(archive: tarfile.TarFile, member: tarfile.TarInfo, limit: Limit, copy: Path) -> Path:
    copy.parent.mkdir(parents=True, exist_ok=True)
    packed = archive.extractfile(member)
    assert packed is not None
    with packed, copy.open("wb") as target:
        limit.copy(packed, target)
    return copy


def _refuse_holes(dataset: Dataset, name: str, members: Sequence[tarfile.TarInfo]) -> None:
    """Raises `DeliveryRefused` for a file with holes: what is packed of it is not as long as it says."""
    for one in members:
        if one.issparse():
            what = f"its member {one.name!r} was packed as a file with holes"
            raise DeliveryRefused(dataset.id, name, what, "archive", "Ask for a tar without --sparse.")


def _refuse_cut(
    dataset: Dataset, name: str, whole: Path, archive: tarfile.TarFile, members: Sequence[tarfile.TarInfo]
) -> None:
    """Raises `DeliveryRefused` for a tar without its end, or with more than nothing behind it."""
    end = max((one.offset_data + -(-one.size // _BLOCK) * _BLOCK for one in members), default=0)
    with whole.open("rb") as source:
        source.seek(end)
        mark = source.read(_BLOCK)
        if len(mark) < _BLOCK or mark.strip(b"\0"):
            what = "the tar has no end: it was cut on its way"
            raise DeliveryRefused(dataset.id, name, what, f"byte {end}", _AGAIN)
        while block := source.read(1 << 20):
            if block.strip(b"\0"):
                what = "something stands behind the tar's end, as where two were put one behind the other"
                fix = "Ask for one tar that was made anew, or for each as a file of its own."
                raise DeliveryRefused(dataset.id, name, what, f"byte {end}", fix)


def member_place(folder: Path, place: int, name: str) -> Path:
    """Where a member is unpacked, whatever its name says."""
    safe = re.sub(r"[^\w.\-]+", "_", PurePosixPath(name).name)[-60:].lstrip(".") or "member"
    return folder / f"member{place}" / safe
