"""Where backups lie: a folder, or any URL that fsspec knows. Contents by their digest, and sets that name them.

    <place>/objects/<2 hex digits>/<SHA-256>    one content, once, whichever sets name it
    <place>/sets/<name>.json                    one set: a signed list of files (`backup_set`)

What is in a set, and what it is worth, is not known here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import fsspec

from lake.room import FULL, watch
from lake.scratch import own_folder
from sharing import durable

_PIECE = 4 << 20


class BackupUnreachable(RuntimeError):
    """The place of backups cannot be read or written; `place` is its address without a password."""

    def __init__(self, place: str, why: str) -> None:
        self.place = place
        super().__init__(
            f"{place}: {why}. Mount it or correct the address, see that this account may read and write there, and try "
            "again: what is there already is not written twice"
        )


class ContentLost(RuntimeError):
    """A content of a set is gone from its place, or is not what its digest says."""

    def __init__(self, place: str, name: str, sha256: str, what: str) -> None:
        self.place, self.name, self.sha256, self.what = place, name, sha256, what
        super().__init__(
            f"{place}: {name} {what} (content {sha256[:16]}). Nothing was put in place; restore an earlier set with "
            "--set, or another copy of this one"
        )


@dataclass(frozen=True)
class BackupPlace:
    """One place of backups."""

    address: str
    filesystem: Any
    root: str
    local: bool

    @classmethod
    def at(cls, address: str) -> BackupPlace:
        """The place at a folder or URL. Raises `BackupUnreachable`."""
        url = address if "://" in address else Path(address).expanduser().resolve().as_uri()
        shown = _without_password(address)
        try:
            filesystem, root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError, OSError) as error:
            raise BackupUnreachable(shown, _said(error)) from None
        named = filesystem.protocol if isinstance(filesystem.protocol, tuple) else (filesystem.protocol,)
        if "file" in named:
            watch(Path(root))
        return cls(shown, filesystem, root.rstrip("/"), "file" in named)

    def sets(self) -> list[str]:
        """The names of the sets that lie there, oldest first. Raises `BackupUnreachable`."""
        with self._reached():
            found = self.filesystem.glob(f"{self.root}/sets/*.json")
        return sorted(str(path).rsplit("/", 1)[-1].removesuffix(".json") for path in found)

    def read_set(self, name: str) -> bytes:
        """The file of a set."""
        with self._reached():
            return bytes(self.filesystem.cat_file(f"{self.root}/sets/{name}.json"))

    def write_set(self, name: str, data: bytes) -> None:
        """Put a set there: last, when all that it names is."""
        with self._reached():
            self._folder(f"{self.root}/sets")
            if self.local:
                durable.write_file(Path(f"{self.root}/sets/{name}.json"), data)
            else:
                self.filesystem.pipe_file(f"{self.root}/sets/{name}.json", data)

    def known(self) -> dict[str, int]:
        """Digest -> bytes of every content that lies there."""
        with self._reached():
            if not self.filesystem.exists(f"{self.root}/objects"):
                return {}
            found = self.filesystem.find(f"{self.root}/objects", detail=True)
        return {str(path).rsplit("/", 1)[-1]: int(one["size"]) for path, one in found.items()}

    def put(self, source: Path, sha256: str) -> None:
        """Put one content there, whole or not at all."""
        target = self._object(sha256)
        with self._reached():
            self._folder(target.rsplit("/", 1)[0])
            if self.local:
                draft = Path(f"{target}.part")
                draft.unlink(missing_ok=True)
                durable.copy_file(source, draft)
                durable.place_file(draft, Path(target))
            else:
                self.filesystem.put_file(str(source), target)

    def remove_set(self, name: str) -> None:
        """Take a set away; what it named stays."""
        self._remove(f"{self.root}/sets/{name}.json")

    def remove(self, sha256: str) -> None:
        """Take a content away. `known` may name what is half of one, too."""
        self._remove(self._object(sha256))

    def _remove(self, path: str) -> None:
        with self._reached():
            self.filesystem.rm_file(path)

    def get(self, name: str, sha256: str, target: Path) -> None:
        """One content into a new file, proved by its digest. Raises `ContentLost`, `BackupUnreachable`."""
        with target.open("xb") as writer:
            self._each(name, sha256, writer.write)

    def prove(self, name: str, sha256: str) -> None:
        """Read one content and hold it against its digest. Raises `ContentLost`, `BackupUnreachable`."""
        self._each(name, sha256, lambda piece: len(piece))

    def _each(self, name: str, sha256: str, take: Callable[[bytes], int]) -> None:
        seen = hashlib.sha256()
        try:
            with self._reached(), self.filesystem.open(self._object(sha256), "rb") as reader:
                while piece := reader.read(_PIECE):
                    seen.update(piece)
                    take(piece)
        except FileNotFoundError:
            raise ContentLost(self.address, name, sha256, "is gone") from None
        if seen.hexdigest() != sha256:
            raise ContentLost(self.address, name, sha256, "is not what was put there")

    def _object(self, sha256: str) -> str:
        return f"{self.root}/objects/{sha256[:2]}/{sha256}"

    def _folder(self, folder: str) -> None:
        if self.local:
            # Landed files and the lake's keys are in it: for its owner alone, as the state is.
            own_folder(Path(self.root))
        self.filesystem.makedirs(folder, exist_ok=True)

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """What goes wrong with a place is the place's fault; a file that is missing is told by whoever asked for it."""
        try:
            yield
        except FileNotFoundError:
            raise
        except Exception as error:
            if getattr(error, "errno", None) in FULL:
                raise  # one's own disk or the place's: it is said as such
            # Clients of other places raise what they like.
            raise BackupUnreachable(self.address, _said(error)) from None


def _said(error: Exception) -> str:
    text = getattr(error, "strerror", None) or (str(error).splitlines() or ["it failed"])[0]
    return f"{text} ({type(error).__name__})"


def _without_password(address: str) -> str:
    """An address as it may be shown and written down."""
    parts = urlsplit(address)
    if "://" not in address or "@" not in parts.netloc:
        return address.split("?", 1)[0] if "://" in address else address
    return f"{parts.scheme}://{parts.netloc.rsplit('@', 1)[1]}{parts.path}"
