"""What persons' acts ordered and a crash left undone: finished as a run begins, before anything is made or judged.

An act is in the ledger before what it orders is done, so that it is known whatever happens then. Acts are verified by
`acts`; withdrawing is `sharing`'s.
"""

from __future__ import annotations

from contextlib import suppress

from contracts.acts import Deed
from lake.acts import Acts, Persons, Recorded
from lake.city import City
from sharing.faults import SharingRefused
from sharing.recall import recall
from sharing.release import current_release
from sharing.tombstones import Reason
from sharing.withdrawal import Books, take_back_recorded, withdraw_again


def finish_acts(city: City) -> None:
    """Carry out recalls and stops that count and were not carried out, and withdraw what stands again."""
    books = Books(city.ledger, city.settings.releases, city.signer, city.run_id or None)
    acts = Acts(city.ledger, Persons.of(city.settings, city.catalogue))
    recalled = {entry.key for entry in city.ledger.entries("recall")}
    for one in acts.recorded:
        if one.fault is None and one.act.deed is Deed.RECALL and one.act.about not in recalled:
            with suppress(SharingRefused):  # of a batch that nobody knows it orders nothing
                recall(books.ledger, books.releases, one.act.about, _why(one), city.now(), books.signer)
    for stop in _standing_stops(acts.recorded):
        standing = current_release(books.releases, stop.act.about)
        if standing is not None:
            take_back_recorded(books, standing, _why(stop, "stopped: "), city.now())
    withdraw_again(books, city.now())


def _standing_stops(recorded: tuple[Recorded, ...]) -> list[Recorded]:
    """The newest stop of every agreement that nobody has approved anything of since."""
    stops: dict[str, Recorded] = {}
    for one in recorded:
        if one.fault is not None:
            continue
        if one.act.deed is Deed.STOP:
            stops[one.act.about] = one
        elif one.act.deed is Deed.APPROVE:
            stops.pop(one.act.about, None)
    return list(stops.values())


def _why(one: Recorded, before: str = "") -> Reason:
    return Reason(f"{before}{one.act.words}", one.act.person, act=one.act.digest)
