"""Whether a delivered file is whole: nobody writes to it any more, as far as the contract lets one tell.

Three witnesses, each declared: the time since its last change, a mark beside it, a manifest of sizes and digests. The
fourth needs no declaration: a file that changed while it was copied was being written. Nothing is copied here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from fsspec.implementations.local import LocalFileSystem

from contracts.clock import Clock
from contracts.completeness import MANIFEST, MANIFEST_FILE, is_checksums, mark_of
from contracts.model import Dataset
from lake.readers.refusal import DeliveryRefused
from lake.readers.stores import filesystem_of, open_file

_LARGEST = 16 << 20
# What file systems call the moment of a file's last change, and what else changes with its content.
_CHANGED = ("mtime", "LastModified", "last_modified", "updated")
_TOLD_BY = (*_CHANGED, "changed", "size", "ino", "ETag", "Last-Modified")
# A line of sha256sum, and of its --tag, which BSD's tools write.
_SUM = re.compile(r"\\?(?P<sum>[0-9a-fA-F]{64}) [ *](?:\./)?(?P<name>.+)")
_TAGGED = re.compile(r"SHA256 \((?:\./)?(?P<name>.+)\) = (?P<sum>[0-9a-fA-F]{64})")
_WAIT = "Nothing is to be done: the next run looks again."


class NotSettled(DeliveryRefused):
    """A delivery that is not whole yet, or that nobody says is: it is not taken this time, and nothing failed."""


class NotAsPromised(DeliveryRefused):
    """A delivery that is not what the manifest beside it says: it was damaged on its way."""


@dataclass(frozen=True)
class Promised:
    """What a manifest says of one file; None where it does not say."""

    size: int | None = None
    sha256: str | None = None


Fingerprint = tuple[tuple[str, str], ...]


def fingerprint(url: str) -> Fingerprint:
    """What tells whether a file has changed, of any file system: another one, other content or another time."""
    found = _info(url)
    return tuple((name, str(found[name])) for name in _TOLD_BY if found.get(name) is not None)


def refuse_changed(dataset: Dataset, url: str, before: Fingerprint, read: int | None = None) -> None:
    """Raises `NotSettled` for a file that is not, after so many bytes of it were read, what it was before."""
    try:
        after = fingerprint(url)
    except OSError:
        after = ()  # it is gone, and nobody can say that what was read was all
    sizes = {str(read)} if read is not None else set()
    if after != before or sizes - {dict(before).get("size", str(read))}:
        what = "it changed while it was copied: it is still being written"
        raise NotSettled(dataset.id, _name(url), what, "as a whole", _WAIT)


def expect_settled(dataset: Dataset, url: str, clock: Clock) -> None:
    """Raises `NotSettled` for a file that the contract's own witnesses do not call whole; `DeliveryRefused` for one of
    which its manifest says nothing that could be held against it.
    """
    if dataset.source.settled_seconds:
        _expect_quiet(dataset, url, clock)
    if dataset.source.complete:
        _expect_complete(dataset, url)


def expect_promised(dataset: Dataset, url: str, size: int, sha256: str) -> None:
    """Raises `NotAsPromised` for content that is not what its manifest says; `NotSettled` where that is older."""
    if not dataset.source.complete or not _has_sums(dataset):
        return
    place = mark_beside(dataset, url)
    promised = _promised(dataset, url, place).get(_name(url), Promised())
    if promised.size in (None, size) and promised.sha256 in (None, sha256):
        return
    _refuse_newer(dataset, url, place)
    what = f"it is not what {_name(place)} says of it: {size} bytes of SHA-256 {sha256[:16]}…"
    fix = "It was damaged on its way, or the manifest is another one's: ask for both again."
    raise NotAsPromised(dataset.id, _name(url), what, _said(promised), fix)


def _said(promised: Promised) -> str:
    size = "" if promised.size is None else f"{promised.size} bytes"
    digest = "" if promised.sha256 is None else f"SHA-256 {promised.sha256[:16]}…"
    return " of ".join(filter(None, (size, digest))) + " by its manifest"


def quiet_for(url: str, clock: Clock) -> timedelta | None:
    """How long nobody has written to a file, below nought for one of a time to come; None where nobody says."""
    changed = _changed(url)
    return None if changed is None else clock.now() - changed


def is_marked(dataset: Dataset, url: str) -> bool:
    """Whether what says of a file that it is whole lies beside it."""
    return _exists(mark_beside(dataset, url))


def _expect_quiet(dataset: Dataset, url: str, clock: Clock) -> None:
    changed, needed = _changed(url), dataset.source.settled_seconds
    if changed is None:
        fix = "Declare complete instead of settled_seconds: this store does not say when a file changed."
        raise DeliveryRefused(dataset.id, _name(url), "nobody says when it last changed", "as a whole", fix)
    now = clock.now()
    if (now - changed).total_seconds() >= needed:
        return
    told = changed.astimezone(now.tzinfo).isoformat(timespec="seconds")
    if changed > now:
        # Of a time to come nobody can say how long ago it was: neither where the clock stands still, nor where the
        # department's runs ahead.
        what = f"it last changed at {told}, which is still to come by this clock: it may still be written to"
        fix = "Set the file's time right (touch), or the clock."
        raise NotSettled(dataset.id, _name(url), what, f"settled_seconds: {needed}", fix)
    what = f"it last changed at {told}, less than {needed} seconds before this run: it may still be written to"
    raise NotSettled(dataset.id, _name(url), what, f"settled_seconds: {needed}", _WAIT)


def _expect_complete(dataset: Dataset, url: str) -> None:
    place = mark_beside(dataset, url)
    if not is_marked(dataset, url):
        what = f"{_name(place)}, which says that it is whole, does not lie beside it yet"
        raise NotSettled(dataset.id, _name(url), what, f"complete: {dataset.source.complete}", _WAIT)
    if not _has_sums(dataset):
        _refuse_newer(dataset, url, place)
        return
    told = _promised(dataset, url, place)
    promised = told.get(_name(url))
    if promised is None:
        what = f"{_name(place)} does not list it, so nobody says that it is whole"
        raise NotSettled(dataset.id, _name(url), what, "the manifest", "Have the department list it, or take it away.")
    if promised == Promised():
        fix = 'Write it as {"files": {"' + _name(url) + '": {"size": 1234, "sha256": "…"}}}.'
        raise DeliveryRefused(
            dataset.id, _name(url), f"{_name(place)} has neither its size nor its sha256", "the manifest", fix
        )
    names = sorted(name for name in told if _is_delivery(dataset, url, name)) if dataset.parts else [_name(url)]
    for name in names:
        _expect_size(dataset, url, name, told[name])


def _expect_size(dataset: Dataset, url: str, name: str, promised: Promised) -> None:
    """The file of that name beside another is there and as long as was promised, or longer: its digest tells then."""
    size = _size(_beside(url, name))
    if size is None:
        what = f"it is one of several parts, and {name}, which the manifest lists, is not there yet"
    elif promised.size is not None and size < promised.size:
        what = f"{name} has {size} of the {promised.size} bytes that its manifest says: it is still being written"
    else:
        return
    raise NotSettled(dataset.id, _name(url), what, "the manifest", _WAIT)


def _is_delivery(dataset: Dataset, url: str, name: str) -> bool:
    folder = PurePosixPath(_beside(url, name).split("://", 1)[-1])
    return folder.match(dataset.source.path)


def _refuse_newer(dataset: Dataset, url: str, mark: str) -> None:
    """Raises `NotSettled` for a file that was written after what says that it is whole."""
    changed, marked = _changed(url), _changed(mark)
    if changed is not None and marked is not None and changed > marked:
        what = f"it was written after {_name(mark)}, which so says nothing of it"
        fix = f"Have {_name(mark)} written again once everything is there."
        raise NotSettled(dataset.id, _name(url), what, f"complete: {dataset.source.complete}", fix)


def _promised(dataset: Dataset, url: str, place: str) -> Mapping[str, Promised]:
    """Name in the folder -> what the manifest says of it. Raises `NotSettled` for one that cannot be read (yet)."""
    try:
        with open_file(place) as file:
            text = file.read(_LARGEST).decode("utf-8-sig")
        return _sums(text) if is_checksums(dataset.source.complete) else _files(json.loads(text))
    except (OSError, ValueError, TypeError, AttributeError):
        what = f"{_name(place)} cannot be read as a manifest: it may still be being written"
        fix = "If it stays so, have the department write it again."
        raise NotSettled(dataset.id, _name(url), what, place.rsplit("/", 1)[-1], fix) from None


def _sums(text: str) -> Mapping[str, Promised]:
    """What `sha256sum` writes, one file a line; ValueError for a line that is none of its."""
    found = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        told = _SUM.fullmatch(line) or _TAGGED.fullmatch(line)
        if told is None:
            raise ValueError("no line of sha256sum")
        found[told["name"]] = Promised(sha256=told["sum"].lower())
    return found


def _files(told: Any) -> Mapping[str, Promised]:
    """`{"files": {name: {"size": …, "sha256": …}}}`, or a list of such with a `name`."""
    files = told.get("files", {})
    named = files.items() if isinstance(files, Mapping) else ((one["name"], one) for one in files)
    return {str(name).removeprefix("./"): _one(one) for name, one in named}


def _one(told: Mapping[str, Any]) -> Promised:
    size, digest = told.get("size"), told.get("sha256")
    return Promised(None if size is None else int(size), None if digest is None else str(digest).lower())


def _has_sums(dataset: Dataset) -> bool:
    return dataset.source.complete == MANIFEST or is_checksums(dataset.source.complete)


def mark_beside(dataset: Dataset, url: str) -> str:
    """Where what says of a file that it is whole should lie."""
    declared = dataset.source.complete
    return _beside(url, MANIFEST_FILE if declared == MANIFEST else mark_of(declared, _name(url)))


def _beside(url: str, name: str) -> str:
    return f"{url.rsplit('/', 1)[0]}/{name}"


def _name(url: str) -> str:
    return url.rsplit("/", 1)[-1]


def _exists(url: str) -> bool:
    filesystem, path = filesystem_of(url)
    return bool(filesystem.isfile(path))


def _size(url: str) -> int | None:
    return int(_info(url)["size"]) if _exists(url) else None


def _info(url: str) -> Mapping[str, Any]:
    """What a store says of a file, asked anew; of a link, what it leads to."""
    filesystem, path = filesystem_of(url)
    if isinstance(filesystem, LocalFileSystem):
        found = Path(path).stat()
        return {
            "size": found.st_size,
            "mtime": found.st_mtime_ns / 1e9,
            # Nobody can set it, as they can the time of the last writing.
            "changed": found.st_ctime_ns,
            "ino": found.st_ino,
        }
    filesystem.invalidate_cache()
    told: Mapping[str, Any] = filesystem.info(path)
    return told


def _changed(url: str) -> datetime | None:
    """When a file last changed; None where its store does not say."""
    found = _info(url)
    moment = next((found[name] for name in _CHANGED if found.get(name) is not None), None)
    if isinstance(moment, datetime):
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return datetime.fromtimestamp(float(moment), UTC) if isinstance(moment, int | float) else None
