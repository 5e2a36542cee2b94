"""Who may act: `contracts/persons.yml`, judged. Whether a key is one is asked of what verifies with it, not here."""

from __future__ import annotations

import base64
import binascii
import textwrap

from contracts.acts import Person, PersonKey, RoleGrant, person_key
from contracts.declarations import PersonDeclaration, PersonKeyDeclaration, PersonsDeclaration
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
    for number, role in enumerate(one.roles):
        if role.until < role.from_:
            text = f"ends on {role.until}, before it begins"
            document.fault(("persons", name, "roles", number, "until"), text, "a day not before `from`")
    for number, key in enumerate(one.keys):
        at = ("persons", name, "keys", number)
        if key.until < key.from_:
            document.fault((*at, "until"), f"ends on {key.until}, before it begins", "a day not before `from`")
        try:
            base64.b64decode(key.key, validate=True)
        except (ValueError, binascii.Error):
            document.fault((*at, "key"), "is no base64 text", "what `zhongtai person key` prints")
        if keys.setdefault(key.key, name) != name:
            document.fault((*at, "key"), f"is {keys[key.key]}'s key, too", "a key of this person's own")


def _person(name: str, one: PersonDeclaration) -> Person:
    return Person(
        name=name,
        title_zh=one.title.zh,
        title_en=one.title.en,
        roles=tuple(RoleGrant(role.role, role.from_, role.until) for role in one.roles),
        keys=tuple(_key(key) for key in one.keys),
    )


def _key(one: PersonKeyDeclaration) -> PersonKey:
    text = "\n".join(textwrap.wrap(one.key, 64))
    pem = f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n"
    return PersonKey(pem, one.from_, one.until, one.revoked)
