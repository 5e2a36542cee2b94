"""Releases that nobody is to believe any more: signed with a key that the city revoked since. They are withdrawn, so
that what the gates still let pass is released again under the present key. What revokes a key is `sharing.keyring`'s.
"""

from __future__ import annotations

from lake.city import City
from sharing.faults import SharingRefused
from sharing.keys import PublicKey
from sharing.release import Release, find_public_key, list_releases
from sharing.tombstones import Reason
from sharing.trust import revoked
from sharing.withdrawal import Books, take_back_recorded


def withdraw_unbelieved(city: City, agreement: str | None = None) -> tuple[Release, ...]:
    """Withdraw what stands (of one agreement or all) under a key that counts no more; those withdrawn now."""
    if not any(city.settings.public_keys.glob("*.revoked.json")):
        return ()
    books = Books(city.ledger, city.settings.releases, city.signer, city.run_id or None)
    standing = [one for one in list_releases(city.settings.releases, agreement) if one.state != "withdrawn"]
    found = [(one, why) for one in standing if (why := _revoked(city, one)) is not None]
    return tuple(
        take_back_recorded(books, one, Reason(f"the key that signed it was revoked: {why}"), city.now())
        for one, why in found
    )


def _revoked(city: City, release: Release) -> str | None:
    try:
        key = PublicKey.read(find_public_key(city.settings.releases, release.path))
    except SharingRefused:
        return None  # whose key nobody has is a damaged release, which the audit names
    return revoked(city.settings.public_keys, city.signer.public, key)
