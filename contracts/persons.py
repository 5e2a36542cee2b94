"""Who may act: `contracts/persons.yml`, judged. What a key signs is asked of what verifies with it, not here."""

from __future__ import annotations

import base64
import binascii
import textwrap

from contracts.acts import DOTS, OF_DEPARTMENT, Person, PersonKey, Role, RoleGrant, person_key
from contracts.declarations import PersonDeclaration, PersonKeyDeclaration, PersonsDeclaration, RoleDeclaration
from contracts.documents import Document


def read_persons(document: Document) -> dict[str, Person]:
    """The persons of the file, by their names as they are compared; faults go to the document."""
    declared = document.shaped(PersonsDeclaration) if document.usable else None
    found: dict[str, Person] = {}
    keys: dict[str, str] = {}
    for name, one in declared.persons.items() if declared else ():
        _check(document, name, one, keys)
        if person_key(name) in found:
            document.fault(("persons", name), f"{name} is there twice", "each person once")
        found[person_key(name)] = _person(name, one)
    return found


def _check(document: Document, name: str, one: PersonDeclaration, keys: dict[str, str]) -> None:
    if name.strip().translate(DOTS).endswith("."):
        document.fault(("persons", name), f"{name} ends with a dot", "the same name without it")
    for number, role in enumerate(one.roles):
        if role.until < role.from_:
            text = f"ends on {role.until}, before it begins"
            document.fault(("persons", name, "roles", number, "until"), text, "a day not before `from`")
        _check_scope(document, ("persons", name, "roles", number), role)
    for number, key in enumerate(one.keys):
        at = ("persons", name, "keys", number)
        if key.until < key.from_:
            document.fault((*at, "until"), f"ends on {key.until}, before it begins", "a day not before `from`")
        wrong = _no_public_key(key.key)
        if wrong:
            document.fault((*at, "key"), wrong, "what `zhongtai person-key` prints")
        if keys.setdefault(key.key, name) != name:
            document.fault((*at, "key"), f"is {keys[key.key]}'s key, too", "a key of this person's own")


def _check_scope(document: Document, at: tuple[str | int, ...], role: RoleDeclaration) -> None:
    if role.department is not None and role.role not in OF_DEPARTMENT:
        text = f"{role.role} is no role of one department"
        document.fault((*at, "department"), text, f"leave it out, or a role of {', '.join(sorted(OF_DEPARTMENT))}")
    if role.level is not None and role.role not in OF_DEPARTMENT:
        text = f"{role.role} sees no rows, of whatever level"
        document.fault((*at, "level"), text, f"leave it out, or a role of {', '.join(sorted(OF_DEPARTMENT))}")
    if (role.agency is not None) != (role.role is Role.APPLICANT):
        of = "names an agency" if role.agency is not None else "names no agency"
        document.fault(at, f"{role.role} {of}", "an agency for the role applicant, and for no other")


# SubjectPublicKeyInfo before the key itself: Ed25519 (RFC 8410), and a point of SM2's curve (GB/T 32918.5-2017); with
# the length of the whole.
_PUBLIC = {
    bytes.fromhex("302a300506032b6570032100"): 44,
    bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200"): 91,
}
_VERSION = b"\x02\x01"
"""A private key (PKCS#8, SEC 1) begins with a version, within one or two bytes of length."""


def _no_public_key(text: str) -> str | None:
    """Why a text is no public key; None where it is one."""
    try:
        der = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return "is no base64 text"
    if any(der.startswith(head) and len(der) == length for head, length in _PUBLIC.items()):
        return None
    if _VERSION in der[:6]:
        return "is a PRIVATE key: whoever has read this file can sign with it; make another"
    return "is no public key of Ed25519 or SM2"


def _person(name: str, one: PersonDeclaration) -> Person:
    return Person(
        name=name,
        title_zh=one.title.zh,
        title_en=one.title.en,
        roles=tuple(map(_role, one.roles)),
        keys=tuple(_key(key) for key in one.keys),
    )


def _role(one: RoleDeclaration) -> RoleGrant:
    return RoleGrant(one.role, one.from_, one.until, one.department or "", one.agency or "", one.level or "")


def _key(one: PersonKeyDeclaration) -> PersonKey:
    text = "\n".join(textwrap.wrap(one.key, 64))
    pem = f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n"
    return PersonKey(pem, one.from_, one.until, one.revoked)
