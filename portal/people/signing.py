"""Acts of signed-in persons: what is to be signed, signed in the browser or by the command line, and verified here.

The key of a person never comes here: the page signs with the file that its reader picks (`static/sign.js`), or takes a
file that `zhongtai sign` made. In a demonstration the platform plays the person, and the act says so. What an act is
for is its caller's, who puts it into the ledger by `lake.acts.record_act`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, replace

from contracts.acts import Deed
from contracts.clock import day_of
from lake.acts import Actor, Acts, Persons, Said
from portal.asking import Refused
from portal.people.people import Form, NotForYou, People
from portal.people.reader import Reader
from sharing.acts import Act, act_fault, act_payload, read_act
from sharing.envelope import envelope
from sharing.faults import SharingRefused

_MOST_WORDS = 2000


@dataclass(frozen=True)
class Intended:
    """What somebody is about to do: a deed about a subject, over the digests of what they were shown."""

    deed: Deed
    about: str
    seen: Mapping[str, str]


@dataclass(frozen=True)
class ToSign:
    """What a page signs: the statement of an act as text, to which its reader adds words; played: with no key."""

    played: bool
    statement: str


def to_sign(people: People, reader: Reader, intended: Intended) -> ToSign:
    """What the page of a reader has to sign. Raises `NotForYou` where no role of theirs may."""
    return ToSign(_persons(people).plays, act_payload(_act(people, reader, intended)).decode())


def signed(people: People, reader: Reader, intended: Intended, form: Form) -> bytes:
    """The act that a reader signed, verified to be just what was intended. Raises `NotForYou`, `Refused`."""
    asked, persons = _act(people, reader, intended), _persons(people)
    if persons.plays:
        return _played(persons, reader, asked, form)
    data = form.files.get("signed") or _enveloped(form.texts)
    if not data:
        raise Refused(400, "NOT_SIGNED", "sign it with your key: pick its file, or send what `zhongtai sign` made")
    try:
        found = read_act(data)
    except SharingRefused as refusal:
        raise Refused(400, "NOT_SIGNED", f"it is no signed act ({refusal.fault.message}): sign it again") from None
    if any(getattr(found, name) != getattr(asked, name) for name in _SAME):
        raise Refused(409, "NOT_WHAT_IS_SHOWN", "what was signed is not what is shown now: look again, and sign that")
    typed = form.texts.get("words", "").strip()
    if typed and typed != found.words.strip():
        said = "the words on the page are not those that were signed: sign them too (`zhongtai sign --words`)"
        raise Refused(409, "NOT_WHAT_IS_SHOWN", said)
    if fault := act_fault(data, reader.person, asked.at):
        raise Refused(403, "ACT_COUNTS_FOR_NOTHING", fault)
    return data


_SAME = ("deed", "about", "person", "seen", "after", "played")


def _played(persons: Persons, reader: Reader, asked: Act, form: Form) -> bytes:
    """The act as the platform plays it, by no other role than the person has."""
    known, signer = persons.play(reader.name)
    played = Actor(replace(known, roles=reader.roles), signer, played=True)
    words = "\n".join(form.texts.get("words", "").strip().splitlines())
    if len(words) > _MOST_WORDS:
        raise Refused(400, "TOO_LONG", f"the words have {len(words)} signs; at most {_MOST_WORDS} are signed")
    return played.act(asked.deed, asked.about, asked.seen, Said(asked.at, words, asked.after))


def _act(people: People, reader: Reader, intended: Intended) -> Act:
    now, persons = people.city.now(), _persons(people)
    roles = reader.person.roles_for(intended.deed, day_of(now)) if reader.person else ()
    if not roles:
        raise NotForYou(f"{intended.deed} {intended.about}")
    after = Acts(people.city.ledger, persons).newest(intended.about)
    seen = dict(intended.seen)
    return Act(intended.deed, intended.about, reader.name, roles[0], now, seen, after=after, played=persons.plays)


def _persons(people: People) -> Persons:
    return Persons.of(people.city.settings, people.declared.now())


def _enveloped(texts: Mapping[str, str]) -> bytes:
    """The envelope of what the page signed, from its parts; b"" where it signed nothing."""
    payload, signature, key = (texts.get(name, "") for name in ("payload", "signature", "key_id"))
    if not signature:
        return b""
    try:
        parts = base64.b64decode(payload, validate=True), base64.b64decode(signature, validate=True)
    except (ValueError, binascii.Error):
        raise Refused(400, "NOT_SIGNED", "the signature is no base64 text: sign it again") from None
    return envelope(parts[0], key, parts[1])
