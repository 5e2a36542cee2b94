"""One spelling of every record, so that equal records have equal digests.

JSON with sorted keys, no spaces and UTF-8. No file format and no signature lives here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from contracts.evidence import CandidateFile
from contracts.model import FIRST_VERSION, Agreement, OpenAttribute

_LATER: dict[str, Any] = {
    "version": FIRST_VERSION,
    "licence": None,
    "open_attribute": str(OpenAttribute.UNCONDITIONAL),
    "request": None,
    "rows": [],
    "untold_basis": None,
}
"""What agreements came to say in the course of time, and what one that leaves it unsaid means."""


def canonical_json(value: Any) -> bytes:
    """JSON-ready data in its one spelling; TypeError or ValueError for what JSON cannot hold (NaN among it)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def digest(value: Any) -> str:
    """SHA-256, in hex, of the canonical JSON."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256, in hex, of a file's bytes, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def agreement_digest(agreement: Agreement) -> str:
    """The digest of everything an agreement says; where its file lies is left out."""
    terms = {item.name: _plain(getattr(agreement, item.name)) for item in fields(agreement) if item.name != "path"}
    # What was signed before something could be said stays signed.
    for column in terms["columns"]:
        if column["mask"] is None:
            del column["mask"]
    return digest({name: value for name, value in terms.items() if name not in _LATER or value != _LATER[name]})


def release_id(
    files: Iterable[CandidateFile],
    agreement: str,
    batches: Iterable[str] | None = None,
    again: int = 0,
    overrides: Iterable[str] = (),
) -> str:
    """The id of a release: a digest of its files' names and digests, its agreement's digest and its batches, 32 hex
    digits; `again` counts how often this very content was withdrawn before. `overrides` are the acts in spite of
    failing checks that it stands on: what stood without is another release. The first kinds of certificate had no
    batches in it.
    """
    named = sorted((file.name, file.sha256) for file in files)
    content: dict[str, Any] = {"agreement": agreement, "files": named}
    if batches is not None:
        content["batches"] = sorted(set(batches))
    if acts := sorted(overrides):
        content["overrides"] = acts
    return digest(content | {"again": again} if again else content)[:32]


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)
