"""Who sees which correction or dispute, and who may have the files that were given in it. What is not listed is not.

Stewards and owners see those of their departments, applicants those of their agency, officers and auditors all.
"""

from __future__ import annotations

from contracts.acts import Role, person_key
from lake.corrections.acting import Doer
from lake.quarantine.sight import OF_OWNER, row_sight
from portal.people.reader import Reader
from sharing.corrections.law import Case
from sharing.corrections.steps import ROWS, Attachment

OF_CASES = (Role.STEWARD, Role.OWNER, Role.OFFICER, Role.AUDITOR, Role.APPLICANT)


def sees(reader: Reader, case: Case) -> bool:
    """Whether a case is there for a reader."""
    if reader.has(Role.OFFICER, Role.AUDITOR):
        return True
    if case.about.agency and case.about.agency in reader.agencies:
        return True
    held = [reader.departments(role) for role in (Role.STEWARD, Role.OWNER)]
    # A case that names no department yet is for whoever tends all of them.
    return any(found is None or case.about.department in found for found in held)


def may_have(reader: Reader, case: Case, one: Attachment, by: str) -> bool:
    """Whether a reader who sees a case may have a file of it: one with rows only as far as rows may be seen."""
    if one.holds != ROWS or person_key(reader.name) == person_key(by):
        return True
    level = row_sight(reader.name, reader.roles, case.about.department).level
    return level is not None and level >= OF_OWNER


def doer(reader: Reader) -> Doer:
    """The reader, about to act."""
    return Doer(reader.name, reader.roles)
