"""Addresses of files: signed, for one grant and one file of one release, and good for an hour.

An address is no right by itself: the grant that it was made for is asked again each time. The name of the signature is
one that clients of clouds look for: Delta's reader takes an address without it for a path.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

SIGNATURE = "X-Amz-Signature"
LIFETIME = timedelta(hours=1)


@dataclass(frozen=True)
class Address:
    """What an address is of: a file of a release under an agreement, a grant's token, and when it ends."""

    agreement: str
    release_id: str
    name: str
    token: str
    ends: datetime

    def url(self, base: str, key: bytes) -> str:
        """The address below the portal's own, signed."""
        asked = {"token": self.token, "ends": str(int(self.ends.timestamp())), SIGNATURE: self._signature(key)}
        path = "/".join(quote(part, safe="") for part in (self.agreement, self.release_id, self.name))
        return f"{base}/files/{path}?{urlencode(asked)}"

    def _signature(self, key: bytes) -> str:
        parts = (self.agreement, self.release_id, self.name, self.token, str(int(self.ends.timestamp())))
        # Each with its length, so that no two addresses have the same text.
        text = "".join(f"{len(part)}:{part}" for part in parts)
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def read_address(path: Mapping[str, str], query: Mapping[str, str], key: bytes, now: datetime) -> Address | None:
    """The address that was asked for; None for one that was not signed here, or has ended."""
    ends = query.get("ends", "")
    if not (ends.isascii() and ends.isdigit() and len(ends) <= 12):
        return None
    told = (path["agreement"], path["release"], path["name"], query.get("token", ""))
    address = Address(*told, datetime.fromtimestamp(int(ends), UTC))
    signed = hmac.compare_digest(address._signature(key).encode(), query.get(SIGNATURE, "").encode())
    return address if signed and now < address.ends else None
