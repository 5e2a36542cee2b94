"""Whether an agreement answers the request that it names: the case is approved, and the agreement keeps within it.

What follows from that is the gate's (`lineage/gates/approval.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from contracts.model import Agreement
from contracts.requested import Granted, Requested
from lake.acts import Persons
from lake.cases.reading import Book
from sharing.cases.law import Case
from sharing.cases.vocabulary import State
from sharing.ledger import Ledger

_APPROVED = frozenset({State.BUREAU_APPROVED, State.DRAFTED, State.RELEASED, State.ENDED})


def answered(ledger: Ledger, persons: Persons, agreement: Agreement) -> Requested | None:
    """The request that an agreement names; None where it names none."""
    if agreement.request is None:
        return None
    case = Book(ledger, persons).alone(agreement.request)
    if case is None:
        return Requested(agreement.request, "", fault="there is no such request in the ledger")
    acts = tuple(Granted(one.person, str(one.seat), one.at, one.act) for one in case.acts)
    return Requested(case.id, case.asked.digest, acts, _fault(case, agreement), case.asked.departments)


def _fault(case: Case, agreement: Agreement) -> str | None:
    """All that keeps them apart, at once."""
    return "; ".join(_apart(case, agreement)) or None


def _apart(case: Case, agreement: Agreement) -> Iterator[str]:
    asked = case.asked
    if case.state not in _APPROVED:
        yield f"it is {case.state}, and not approved"
    if asked.agency != agreement.agency:
        yield f"it is {asked.agency}'s, and the recipient is {agreement.agency}"
    if asked.valid_from and agreement.valid_from < asked.valid_from:
        yield f"it is for {asked.valid_from} on, and the agreement begins on {agreement.valid_from}"
    if asked.valid_until and agreement.valid_until > asked.valid_until:
        yield f"it is until {asked.valid_until}, and the agreement ends on {agreement.valid_until}"
    if asked.purpose_code != agreement.purpose_code:
        yield f"it is for {asked.purpose_code}, and the agreement for {agreement.purpose_code}"
    # By name: what an author renames, nobody approved under that name.
    unasked = sorted({one.name for one in agreement.columns} - set(asked.columns))
    if unasked:
        yield f"nobody asked for {', '.join(unasked)}, which the agreement holds"
    yield from _reworded(case, agreement)


def _reworded(case: Case, agreement: Agreement) -> Iterator[str]:
    asked = case.asked
    texts = {
        "purpose": (asked.purpose, agreement.purpose),
        "legal basis": (asked.legal_basis, agreement.legal_basis),
        "scope": (asked.scope, agreement.scope),
    }
    for name, (approved, agreed) in texts.items():
        if approved.split() != agreed.split():  # how a text is broken into lines says nothing
            yield f"the agreement's {name} is not the one that was approved, word for word"
