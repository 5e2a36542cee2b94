"""Who has registered for what is open on condition: whoever holds the link of a registration that the bureau approved.

Who that is is not known and not asked for. What a case is, and what its states are, is the cases' own business.
"""

from __future__ import annotations

from portal.requests.desk import Desk
from sharing.cases.law import Case
from sharing.cases.vocabulary import Kind, State


async def registered(desk: Desk, said: str, product: str) -> Case | None:
    """The registration that a link, or the secret at its end, is of; None where it is none for this product, or is not
    approved now.
    """
    secret = said.strip().rpartition("/")[2]
    case = await desk.followed(secret) if secret else None
    if case is None or case.kind is not Kind.REGISTRATION or case.state is not State.BUREAU_APPROVED:
        return None
    return case if case.asked.resource == f"product.{product}" else None
