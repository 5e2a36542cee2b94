"""What persons' acts ordered and a crash left undone: finished as a run begins, before anything is made or judged.

An act is in the ledger before what it orders is done, so that it is known whatever happens then. Acts are verified by
`acts`; withdrawing is `sharing`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from contracts.acts import Deed
from lake import facts
from lake.acts import Acts, Persons, Recorded
from lake.city import City
from lake.withdrawal import batches_at, withdraw_delivery
from sharing.faults import SharingRefused
from sharing.recall import recall
from sharing.release import current_release
from sharing.tombstones import Reason
from sharing.withdrawal import Books, take_back_recorded, withdraw_again


def finish_acts(city: City) -> None:
    """Carry out recalls, withdrawals and stops that count and were not carried out, and withdraw what stands again."""
    books = Books(city.ledger, city.settings.releases, city.signer, city.run_id or None)
    acts = Acts(city.ledger, Persons.of(city.settings, city.catalogue))
    recalled = {entry.key for entry in city.ledger.entries("recall")}
    for one in acts.recorded:
        if one.fault is None and one.act.deed is Deed.RECALL and one.act.about not in recalled:
            with suppress(SharingRefused):  # of a batch that nobody knows it orders nothing
                recall(books.ledger, books.releases, one.act.about, _why(one), city.now(), books.signer)
    for name, path, words in _undone_withdrawals(city, acts.recorded):
        with suppress(LookupError):  # nothing of it counts
            withdraw_delivery(city, name, path, words)
    for stop in _standing_stops(acts.recorded):
        standing = current_release(books.releases, stop.act.about)
        if standing is not None:
            take_back_recorded(books, standing, _why(stop, "stopped: "), city.now())
    withdraw_again(books, city.now())


def _undone_withdrawals(city: City, recorded: tuple[Recorded, ...]) -> Iterator[tuple[str, str, str]]:
    """Dataset, path and reason of acts that took a delivery back, and of which the ledger has nothing that was."""
    acts = [one.act for one in recorded if one.fault is None and one.act.deed is Deed.WITHDRAW]
    done = {(name, path) for name, path, _, _ in facts.withdrawn(city.ledger)} if acts else set()
    for act in acts:
        name, _, path = act.about.partition(" ")
        # What was delivered there since was not what was seen.
        if (name, path) not in done and batches_at(city, name, path) == act.seen.get("batches"):
            yield name, path, act.words


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
