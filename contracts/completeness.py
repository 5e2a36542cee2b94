"""What may say that a delivered file is whole, and how it is called. Looking for it is the readers' work."""

from __future__ import annotations

import re

MANIFEST, MANIFEST_FILE = "manifest", "manifest.json"
INSTEAD = (
    "manifest (sizes and digests in manifest.json), the name of a mark in the same folder such as _SUCCESS or *.done "
    "(* is the file's own name), or of a file that sha256sum wrote: SHA256SUMS, *.sha256"
)
WITHDRAWN = ".withdrawn"
"""Behind a delivery's whole name: the mark by which its department takes it back."""

_NAME = re.compile(r"\*?[^*?\[\]/\\\s]+")
_SUMS = (".sha256", "sha256sums", "sha256sum")


def complete_fault(declared: str) -> str | None:
    """Why a declared `complete` names nothing that could lie beside a file, or None."""
    if declared == MANIFEST:
        return None
    if not _NAME.fullmatch(declared) or declared in {"*", ".", ".."}:
        return f"complete is {declared!r}: that is no file's name"
    if declared.endswith(WITHDRAWN):
        return f"complete is {declared!r}, and {WITHDRAWN} takes a delivery back"
    return None


def mark_of(declared: str, name: str) -> str:
    """How the mark of the file `name` is called."""
    return declared.replace("*", name, 1)


def is_checksums(declared: str) -> bool:
    """Whether the mark is a list of digests as `sha256sum` writes it."""
    return declared.casefold().endswith(_SUMS)


def is_mark(declared: str, name: str) -> bool:
    """Whether a file of that name is no delivery but says something of one: that it is whole, or taken back."""
    if name.endswith(WITHDRAWN):
        return True
    if declared == MANIFEST:
        return name == MANIFEST_FILE
    return bool(declared) and (name.endswith(declared[1:]) if declared.startswith("*") else name == declared)
