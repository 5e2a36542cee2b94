"""Whether an agreement answers the request that it names: the case is approved, and the agreement keeps within it.

What follows from that is the gate's (`lineage/gates/approval.py`).
"""

from __future__ import annotations

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
    return Requested(case.id, case.asked.digest, acts, _fault(case, agreement))


def _fault(case: Case, agreement: Agreement) -> str | None:
    asked = case.asked
    if case.state not in _APPROVED:
        return f"it is {case.state}, and not approved"
    if asked.agency != agreement.agency:
        return f"it is {asked.agency}'s, and the recipient is {agreement.agency}"
    if asked.valid_from and agreement.valid_from < asked.valid_from:
        return f"it is for {asked.valid_from} on, and the agreement begins on {agreement.valid_from}"
    if asked.valid_until and agreement.valid_until > asked.valid_until:
        return f"it is until {asked.valid_until}, and the agreement ends on {agreement.valid_until}"
    if asked.purpose_code != agreement.purpose_code:
        return f"it is for {asked.purpose_code}, and the agreement for {agreement.purpose_code}"
    return None
