"""Releases that nobody is to believe any more: signed with a key that the city revoked since, or by the approvals of
persons that were played, in a city that is no demonstration any more. They are withdrawn, so that what the gates still
let pass is released again, under the present key and real acts. What revokes a key is `sharing.keyring`'s.
"""

from __future__ import annotations

from lake.acts import Acts, Persons
from lake.city import City
from lake.overriding import Overrides
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
    if ended := _set_aside_no_longer(city, release):
        return ended
    revoked_for = _revoked(city, release)
    return None if revoked_for is None else f"the key that signed it was revoked: {revoked_for}"


def _set_aside_no_longer(city: City, release: Release) -> str | None:
    """Why an override that a release stands on stands no more; None where each does, or there is none."""
    said = release.statement.predicate if release.statement else None
    if said is None or not said.overrides:
        return None
    departments = {one.dataset.partition(".")[0] for one in said.sources}
    acts = Acts(city.ledger, Persons.of(city.settings, city.catalogue))
    known = {one.asked.digest: one for one in Overrides(acts, city.catalogue).of(release.agreement, departments)}
    for one in said.overrides:
        found = known.get(one.asked.digest)
        why = found.why_not(said.agreement.digest, city.today()) if found else "the ledger has no such act"
        if why is not None:
            return f"it was released in spite of a failing check, which is not set aside any more: {why}"
    return None


def _revoked(city: City, release: Release) -> str | None:
    if not any(city.settings.public_keys.glob("*.revoked.json")):
        return None
    try:
        key = PublicKey.read(find_public_key(city.settings.releases, release.path))
    except SharingRefused:
        return None  # whose key nobody has is a damaged release, which the audit names
    return revoked(city.settings.public_keys, city.signer.public, key)
