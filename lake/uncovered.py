"""What no agreement covers is not served: releases whose agreement is gone, or not in force, are withdrawn by a run.

Said of each is the reason, in the ledger, to the recipient, and as the newest verdict on the agreement. What else may
withdraw a release is not judged here.
"""

from __future__ import annotations

from contracts.violation import Outcome, Verdict, Violation
from lake import facts
from lake.city import City
from lake.unbelieved import withdraw_unbelieved
from sharing.release import Release, list_releases
from sharing.tombstones import Reason
from sharing.withdrawal import Books, settle_withdrawn, take_back_recorded

_GONE = "no agreement of this name is declared any more"
_FIX = "declare an agreement that is in force, then run again: what its gates let pass is released anew"


def settle_releases(city: City) -> None:
    """At the end of a run: finish withdrawals that a crash left half done, then withdraw what nothing covers."""
    settle_withdrawn(_books(city), city.now())
    withdraw_unbelieved(city)
    names = {release.agreement for release in list_releases(city.settings.releases) if release.state != "withdrawn"}
    for name in sorted(names):
        gone = withdraw_uncovered(city, name)
        if gone:
            facts.record_verdict(city, _verdict(city, gone), {"reason": _why_not(city, name)})


def withdraw_uncovered(city: City, agreement: str) -> tuple[Release, ...]:
    """Withdraw every release of an agreement, if it is not declared or not in force today; those withdrawn now."""
    why = _why_not(city, agreement)
    if why is None:
        return ()
    standing = [one for one in list_releases(city.settings.releases, agreement) if one.state != "withdrawn"]
    return tuple(take_back_recorded(_books(city), one, Reason(why), city.now()) for one in standing)


def _why_not(city: City, name: str) -> str | None:
    agreement = city.catalogue.agreements.get(name)
    if agreement is None:
        return _GONE
    if agreement.valid_from <= city.today() <= agreement.valid_until:
        return None
    return f"the agreement is valid from {agreement.valid_from} until {agreement.valid_until}"


def _verdict(city: City, gone: tuple[Release, ...]) -> Verdict:
    name, why = gone[0].agreement, _why_not(city, gone[0].agreement) or _GONE
    products = [one.statement.predicate.product for one in gone if one.statement]
    product = products[-1] if products else ""
    violation = Violation("expiry", "agreement_in_force", f"agreement {name}", why, _FIX)
    return Verdict(name, product, Outcome.WITHDRAWN, (violation,))


def _books(city: City) -> Books:
    return Books(city.ledger, city.settings.releases, city.signer, city.run_id or None)
