"""One set of a backup: which files a city's state was made of at one moment, by digest, signed with the city's key.

A DSSE envelope over an in-toto statement, as certificates are; its subjects are the files. Taking a set is the business
of `backing_up`, putting it back that of `restoring`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sharing.canonical import canonical_json
from sharing.envelope import STATEMENT_TYPE, open_envelope, sign_payload
from sharing.faults import SharingRefused
from sharing.keys import Signer

KIND = "urn:zhongtai:backup:v1"
_AGAIN = "restore another set, with --set"


@dataclass(frozen=True)
class Kept:
    """One file of a set: its content by digest, its size and its mode."""

    sha256: str
    bytes: int
    mode: int


@dataclass(frozen=True)
class BackupSet:
    """Files and folders of a state, by path. `keys` is the content of the sealed keys, where it has any."""

    name: str
    city: str
    taken_at: str
    entries: int
    files: Mapping[str, Kept]
    folders: Mapping[str, int]
    keys: str = ""

    def signed(self, signer: Signer) -> bytes:
        """The set's file."""
        predicate = {
            "set": self.name,
            "city": self.city,
            "takenAt": self.taken_at,
            "ledgerEntries": self.entries,
            "files": {name: {"bytes": one.bytes, "mode": one.mode} for name, one in self.files.items()},
            "folders": dict(self.folders),
            "keys": self.keys,
        }
        subject = [{"name": name, "digest": {"sha256": one.sha256}} for name, one in sorted(self.files.items())]
        statement = {"_type": STATEMENT_TYPE, "subject": subject, "predicateType": KIND, "predicate": predicate}
        return sign_payload(canonical_json(statement), signer)


def read_set(data: bytes, name: str) -> tuple[BackupSet, str]:
    """The set in a file and the id of the key that signed it, unverified. SharingRefused where it cannot be read.

    No path of it leads out of the state that it is restored to.
    """
    payload, key_id, _ = open_envelope(data, name)
    try:
        found = _parsed(json.loads(payload), name)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SharingRefused("backup_set", name, "it is no set of a backup", _AGAIN) from None
    for path in (*found.files, *found.folders):
        if path.startswith("/") or "\\" in path or not set(path.split("/")).isdisjoint({"", ".", ".."}):
            raise SharingRefused("backup_set", name, f"a path of it leads elsewhere: {path!r}", _AGAIN)
    return found, key_id


def _parsed(statement: dict[str, Any], name: str) -> BackupSet:
    predicate = statement["predicate"]
    if statement["predicateType"] != KIND or predicate["set"] != name:
        raise ValueError("another kind, or under another name")
    digests = {str(one["name"]): str(one["digest"]["sha256"]) for one in statement["subject"]}
    files = {
        str(path): Kept(digests[path], int(one["bytes"]), int(one["mode"])) for path, one in predicate["files"].items()
    }
    folders = {str(path): int(mode) for path, mode in predicate["folders"].items()}
    facts = (str(predicate["set"]), str(predicate["city"]), str(predicate["takenAt"]), int(predicate["ledgerEntries"]))
    return BackupSet(*facts, files, folders, str(predicate["keys"]))
