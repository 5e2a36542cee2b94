"""Who sees which case, and as whom somebody acts in one. What is not listed here is not there.

Applicants see the cases of their agencies, owners those that touch their departments, officers and auditors all;
a visitor has a case by its secret link alone.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from contracts.acts import Role
from lake.cases.acting import Doer, may
from portal.people.reader import Reader
from sharing.cases.law import Case
from sharing.cases.vocabulary import Doing, Kind


def sees(reader: Reader, case: Case) -> bool:
    """Whether a case is there for a reader."""
    if reader.has(Role.OFFICER, Role.AUDITOR):
        return True
    if case.kind is Kind.REQUEST and case.asked.agency in reader.agencies:
        return True
    owned = reader.departments(Role.OWNER)
    return bool(case.asked.departments) and (owned is None or bool(owned & set(case.asked.departments)))


def doer(reader: Reader) -> Doer:
    """The reader, about to act."""
    return Doer(reader.name, reader.roles)


def waits(reader: Reader, case: Case, at: datetime) -> bool:
    """Whether a reader is to do something in a case now; withdrawing and objecting are no duties."""
    return sees(reader, case) and bool(may(case, doer(reader), at, _DUTIES))


_DUTIES = (Doing.ANSWER, Doing.APPROVE, Doing.REOPEN)


def following(secret: str) -> str:
    """What the ledger keeps of the secret by which a visitor follows a case."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def follows(secret: str, case: Case) -> bool:
    """Whether a secret is that of a case."""
    kept = case.filed.follow
    return bool(kept) and hmac.compare_digest(kept, following(secret))
