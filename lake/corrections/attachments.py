"""Files that are given with steps of cases: kept by their digest below the state, for their owner alone.

Nothing of them is believed, and they are looked into for nothing but whether they have rows; who may have one is asked
where it is served.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

from contracts.signs import is_unseen
from lake.quarantine.marks import holds_rows
from lake.settings import Settings
from sharing.corrections.steps import ROWS, Attachment
from sharing.durable import make_folder, read_file, write_file
from sharing.faults import SharingRefused

FOLDER = "attachments"
MOST_BYTES = 10 << 20
_LONGEST_NAME = 100
_DIGEST = re.compile(r"[0-9a-f]{64}")
_UNSAFE = re.compile(r"[^\w.\-()（） ]")


def keep(settings: Settings, name: str, data: bytes, holds: str = "") -> Attachment:
    """Keep a file; the same bytes lie there once. Whatever somebody says of it, what may be an exported workbook has
    rows. SharingRefused for one that is empty or too large.
    """
    if not data or len(data) > MOST_BYTES:
        what = "it is empty" if not data else f"it has {len(data)} bytes"
        raise SharingRefused("attachment_size", plain_name(name), what, f"give a file of 1 to {MOST_BYTES} bytes")
    found = Attachment(hashlib.sha256(data).hexdigest(), plain_name(name), len(data), holds)
    if holds_rows(data):
        found = replace(found, holds=ROWS)
    folder = settings.state / FOLDER
    make_folder(folder)
    folder.chmod(0o700)
    place = folder / found.sha256
    if not place.exists():
        write_file(place, data)
    place.chmod(0o600)
    return found


def kept(settings: Settings, one: Attachment) -> bytes:
    """The bytes of an attachment, proved by their digest. SharingRefused where they are gone or others."""
    place: Path = settings.state / FOLDER / one.sha256
    fix = "restore it from a backup"
    if not _DIGEST.fullmatch(one.sha256) or place.is_symlink() or not place.is_file():
        raise SharingRefused("attachment_kept", one.sha256[:16], "the file is gone", fix)
    data = read_file(place)
    if hashlib.sha256(data).hexdigest() != one.sha256:
        raise SharingRefused("attachment_kept", one.sha256[:16], "the file is not what was given", fix)
    return data


def plain_name(name: str) -> str:
    """A file's name as it is told and served: its last part, without what would lead elsewhere or is not seen."""
    last = name.replace("\\", "/").rpartition("/")[2]
    seen = "".join(sign for sign in last if not is_unseen(sign))
    return _UNSAFE.sub("_", seen).strip(". ")[-_LONGEST_NAME:] or "file"
