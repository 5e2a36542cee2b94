"""What the ledger has of keys of agreements: made, used, destroyed, by whom and why. No secret, token or identifier.

How many rows two sides have in common is not written down either: of a list of one, that is an answer about somebody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sharing.faults import SharingRefused
from sharing.ledger import Ledger

KIND = "blind"
MADE, ENCODED, LINKED, HANDED, MET, DESTROYED = "made", "encoded", "linked", "handed", "met", "destroyed"


@dataclass(frozen=True)
class Doing:
    """Who does something with a key, when, and what for."""

    by: str
    why: str
    at: datetime


def record(ledger: Ledger, key_id: str, did: str, doing: Doing, told: Mapping[str, Any] | None = None) -> None:
    """Write that something was done with a key; `told` are names and counts of the rows that were read."""
    body = {"key": key_id, "did": did, "by": doing.by, "why": doing.why, **(told or {})}
    ledger.append(KIND, body, doing.at)


def is_destroyed(ledger: Ledger, key_id: str) -> bool:
    """Whether a key was destroyed here."""
    return any(entry.body["did"] == DESTROYED for entry in ledger.about(KIND, key_id))


def expect_standing(ledger: Ledger, key_id: str) -> None:
    """SharingRefused where a key was destroyed here: what is left of it is a copy that nobody may use."""
    if is_destroyed(ledger, key_id):
        told = "this key was destroyed, and what is there is a copy of it"
        raise SharingRefused("blind_key_destroyed", key_id, told, "destroy the copy too, and agree on a new key")
