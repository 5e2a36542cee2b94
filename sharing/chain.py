"""The form of the ledger: an entry, the digest that chains it to the one before, and the head that names the newest.

Writers (`ledger.py`) and the audit (`audit.py`) share it, so that what one writes is what the other recomputes. Nothing
is written or judged here.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sharing.canonical import canonical_json, digest
from sharing.durable import read_file
from sharing.keys import PublicKey, Signer

START = "0" * 64
COLUMNS = "seq, at, kind, run, key, body, previous, digest"


@dataclass(frozen=True)
class Entry:
    """One entry. `seq` counts from 1 without gaps; `digest` covers everything in it and the digest before it."""

    seq: int
    at: datetime
    kind: str
    run: str | None
    key: str
    body: Mapping[str, Any]
    previous: str
    digest: str


@dataclass(frozen=True)
class Head:
    """Where the ledger ended at some moment: kept elsewhere (in a certificate), it witnesses everything up to it.

    `place` says where it is kept, for whoever reads a fault.
    """

    seq: int
    digest: str
    place: str = field(default="", compare=False)

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return {"seq": self.seq, "digest": self.digest}


def head_path(path: Path) -> Path:
    """The head file of the ledger at `path`."""
    return path.with_name(f"{path.name}.head")


def signed_head(head: Head, signer: Signer | None) -> dict[str, Any]:
    """The head as its file holds it; `signature` is hex over the canonical JSON of the rest."""
    record = head.as_dict()
    if signer is None:
        return record
    return record | {"key_id": signer.public.key_id, "signature": signer.sign(canonical_json(record)).hex()}


def head_signature_holds(record: Mapping[str, Any], keys: Iterable[PublicKey]) -> bool:
    """Whether the record of a head file carries the signature of one of these keys on its number and digest."""
    try:
        signature = bytes.fromhex(record["signature"])
    except (KeyError, TypeError, ValueError):
        return False
    said = canonical_json({"seq": record.get("seq"), "digest": record.get("digest")})
    return any(key.key_id == record.get("key_id") and key.verifies(signature, said) for key in keys)


def read_head(path: Path) -> tuple[Head, dict[str, Any]]:
    """The head in a file, and its whole record, unverified; OSError where there is none, ValueError for what is none.

    For what is there and is none `ValueError` is raised, whatever is wrong with it.
    """
    data = read_file(path)
    try:
        record = json.loads(data)
        return Head(int(record["seq"]), str(record["digest"]), str(path)), record
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ValueError("no head") from error


def read_only(path: Path) -> sqlite3.Connection:
    """A connection that can only read the ledger at `path`; sqlite3.Error where there is none."""
    # Where nobody can write, there is no room for the index of a write-ahead log, and no need of one.
    mode = "mode=ro" if os.access(path.parent, os.W_OK) else "immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, timeout=20, check_same_thread=False)


def entry_digest(seq: int, at: str, kind: str, run: str | None, content: tuple[str, str], previous: str) -> str:
    """The digest of an entry; `content` is its key and its body as stored text."""
    return digest([seq, at, kind, run, *content, previous])


def entry_of(row: tuple[Any, ...]) -> Entry:
    """An entry from its row in `COLUMNS` order."""
    seq, at, kind, run, key, body, previous, found = row
    return Entry(seq, datetime.fromisoformat(at), kind, run, key, json.loads(body), previous, found)
