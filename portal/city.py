"""The city as the portal sees it: what was released to whom, who may read, and what was read.

Answers come from the ledger, the releases and the declarations as they are at this moment, whoever else writes to them.
Nothing of the lake is opened. How answers are asked for over a network is not known here.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock

from contracts.model import Agreement, Catalogue
from contracts.violation import Severity
from lake.settings import Settings
from portal.journal import Journal
from sharing.durable import make_folder, read_file
from sharing.faults import SharingRefused
from sharing.grants import KIND as GRANT
from sharing.grants import Grant, read_grant
from sharing.keys import Signer, refuse_readable, write_owned
from sharing.ledger import Ledger

_KEY = "portal.key"
_KEY_BYTES = 32


@dataclass
class City:
    """One city, opened for serving. Safe to use from several threads.

    `catalogue` are the declarations, `key` signs addresses, `signer` is the city itself where it tells of a withdrawal.
    """

    settings: Settings
    catalogue: Catalogue
    ledger: Ledger
    journal: Journal
    key: bytes
    signer: Signer | None = None
    unreadable: str = ""
    """Why the declarations as they are now cannot be read, so that those of before are shown."""
    _grants: dict[str, Grant] = field(default_factory=dict)
    _read_to: int = 0
    _lock: Lock = field(default_factory=Lock)

    @property
    def name(self) -> str:
        """What the city is called in addresses."""
        return self.catalogue.city

    @property
    def agreements(self) -> Mapping[str, Agreement]:
        """The agreements that are declared, by name."""
        return self.catalogue.agreements

    def row_key(self, agreement: str) -> tuple[str, ...]:
        """The columns of the first rule of an agreement that no two of its rows may have alike; none without."""
        rules = self.agreements[agreement].rules if agreement in self.agreements else ()
        unique = [one.columns for one in rules if one.kind == "unique" and one.severity is Severity.ERROR]
        return unique[0] if unique else ()

    def now(self) -> datetime:
        """The moment, by the city's clock."""
        return self.settings.clock.now()

    def grants(self) -> Mapping[str, Grant]:
        """Every grant by the id of its token, as of now: also those that another process gave or ended just now."""
        with self._lock:
            for entry in self.ledger.after(GRANT, self._read_to):
                grant = read_grant(entry.body)
                self._grants[grant.token] = grant
                self._read_to = entry.seq
            return self._grants


def url_key(settings: Settings) -> bytes:
    """The key that signs the addresses of files: made once, its owner's alone. Whoever changes it ends them all.

    SharingRefused for one that others may read, that is no plain file, or that is not as long as it was made.
    """
    place: Path = settings.keys / _KEY
    if not place.exists() and not place.is_symlink():
        make_folder(place.parent)
        write_owned(place, secrets.token_bytes(_KEY_BYTES))
    fix = f"remove {place.name} there and serve again: another is made, and all addresses that were given end"
    if place.is_symlink() or not place.is_file():
        raise SharingRefused("portal_key", str(place), "the portal's key is no plain file", fix)
    refuse_readable(place, "portal's key")
    key = read_file(place)
    if len(key) != _KEY_BYTES:
        raise SharingRefused("portal_key", str(place), f"the portal's key has {len(key)} bytes of {_KEY_BYTES}", fix)
    return key
