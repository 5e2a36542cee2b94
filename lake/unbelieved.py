"""Releases that nobody is to believe any more: signed with a key that the city revoked since, or by the approvals of
persons that were played, in a city that is no demonstration any more. They are withdrawn, so that what the gates still
let pass is released again, under the present key and real acts. What revokes a key is `sharing.keyring`'s.
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
    """Withdraw what stands (of one agreement or all) and counts no more; those withdrawn now."""
    books = Books(city.ledger, city.settings.releases, city.signer, city.run_id or None)
    standing = [one for one in list_releases(city.settings.releases, agreement) if one.state != "withdrawn"]
    found = [(one, why) for one in standing if (why := why_unbelieved(city, one)) is not None]
    return tuple(take_back_recorded(books, one, Reason(why), city.now()) for one, why in found)


def why_unbelieved(city: City, release: Release) -> str | None:
    """Why a release counts no more; None where it does."""
    played = release.statement is not None and release.statement.predicate.demonstration
    if played and not city.catalogue.demonstration:
        return "its approvals were played, and this city is no demonstration"
    revoked_for = _revoked(city, release)
    return None if revoked_for is None else f"the key that signed it was revoked: {revoked_for}"


def _revoked(city: City, release: Release) -> str | None:
    if not any(city.settings.public_keys.glob("*.revoked.json")):
        return None
    try:
        key = PublicKey.read(find_public_key(city.settings.releases, release.path))
    except SharingRefused:
        return None  # whose key nobody has is a damaged release, which the audit names
    return revoked(city.settings.public_keys, city.signer.public, key)
