"""An act is a person's own, over exactly what was seen, by a role and a key that they had then; all else is nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from contracts.acts import Deed, Person, PersonKey, Role, RoleGrant
from sharing.acts import Act, act_fault, prepared, read_act, sign_act
from sharing.canonical import canonical_json
from sharing.envelope import sign_payload
from sharing.faults import SharingRefused
from sharing.keys import Signer
from tests.keys import signer_in

AT = datetime(2026, 11, 21, 2, tzinfo=UTC)
DAY = date(2026, 11, 21)
ALWAYS = (date(2026, 1, 1), date(2026, 12, 31))
NAME = "anna@city.example"


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return signer_in(tmp_path / "anna")


def person(signer: Signer, **changes: Any) -> Person:
    key = PersonKey(signer.public.pem.decode(), *ALWAYS)
    return replace(Person(NAME, "安娜", "Anna", (RoleGrant(Role.OFFICER, *ALWAYS),), (key,)), **changes)


def act(**changes: Any) -> Act:
    seen = {"agreement": "a" * 64, "model": "b" * 64}
    return replace(Act(Deed.APPROVE, "tax__firms", NAME, Role.OFFICER, AT, seen, "looks right"), **changes)


def test_what_was_signed_is_read_back_and_counts(signer: Signer) -> None:
    data = sign_act(act(), signer)
    found = read_act(data)
    assert replace(found, digest="", key_id="") == act()
    assert found.key_id == signer.public.key_id
    assert act_fault(data, person(signer), AT) is None


def test_any_changed_byte_is_no_act_or_counts_for_nothing(signer: Signer) -> None:
    data, anna = sign_act(act(), signer), person(signer)
    for number in range(len(data)):
        changed = bytearray(data)
        changed[number] ^= 1
        assert act_fault(bytes(changed), anna, AT) is not None, number
    for cut in (b"", data[:-1], data + b"\n", data[1:]):
        assert act_fault(cut, anna, AT) is not None


def _revoked(day: date) -> Callable[[Signer], Person]:
    return lambda signer: person(signer, keys=(PersonKey(signer.public.pem.decode(), *ALWAYS, day),))


def _until(day: date) -> Callable[[Signer], Person]:
    return lambda signer: person(signer, keys=(PersonKey(signer.public.pem.decode(), ALWAYS[0], day),))


WORTHLESS: dict[str, Callable[[Signer], Person | None]] = {
    "nobody's": lambda signer: None,
    "another person's": lambda signer: person(signer, name="boris@city.example"),
    "without a key": lambda signer: person(signer, keys=()),
    "revoked that day": _revoked(DAY),
    "revoked before": _revoked(date(2026, 3, 1)),
    "key of before": _until(date(2026, 11, 20)),
    "no role": lambda signer: person(signer, roles=()),
    "role of before": lambda signer: person(signer, roles=(RoleGrant(Role.OFFICER, ALWAYS[0], date(2026, 11, 20)),)),
    "role of later": lambda signer: person(signer, roles=(RoleGrant(Role.OFFICER, date(2026, 11, 22), ALWAYS[1]),)),
    "another role": lambda signer: person(signer, roles=(RoleGrant(Role.ENGINEER, *ALWAYS),)),
    "a role that may, not held": lambda signer: person(signer, roles=(RoleGrant(Role.OWNER, *ALWAYS),)),
}


@pytest.mark.parametrize("case", WORTHLESS)
def test_it_counts_for_nothing_where_the_person_could_not(signer: Signer, case: str) -> None:
    fault = act_fault(sign_act(act(), signer), WORTHLESS[case](signer), AT)
    assert fault is not None
    assert "PRIVATE" not in fault


def test_a_key_that_was_revoked_later_signed_what_it_signed(signer: Signer) -> None:
    assert act_fault(sign_act(act(), signer), _revoked(date(2026, 11, 22))(signer), AT) is None
    # The ledger took it on a later day: what it says of its own time is no proof.
    assert act_fault(sign_act(act(), signer), _revoked(date(2026, 11, 22))(signer), AT + timedelta(days=1))


def test_somebody_else_s_key_is_no_signature(signer: Signer, tmp_path: Path) -> None:
    forged = sign_act(act(), signer_in(tmp_path / "mallory"))
    assert "none of" in str(act_fault(forged, person(signer), AT))


def test_an_act_of_tomorrow_is_none(signer: Signer) -> None:
    assert act_fault(sign_act(act(at=AT + timedelta(seconds=1)), signer), person(signer), AT) is not None


@pytest.mark.parametrize("hours", [-11, 0, 8, 14])
def test_the_same_moment_in_another_zone_is_the_same_day(signer: Signer, hours: int) -> None:
    edge = datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC)  # the last second of the 21st in the city
    written = edge.astimezone(timezone(timedelta(hours=hours)))
    anna = person(signer, roles=(RoleGrant(Role.OFFICER, ALWAYS[0], DAY),))
    assert act_fault(sign_act(act(at=written), signer), anna, written) is None
    later = written + timedelta(seconds=1)
    assert act_fault(sign_act(act(at=later), signer), anna, later) is not None


def _edited(edit: Callable[[dict[str, Any]], None], signer: Signer) -> bytes:
    statement = json.loads(base64.b64decode(json.loads(sign_act(act(), signer))["payload"]))
    edit(statement)
    return sign_payload(canonical_json(statement), signer)


@pytest.mark.parametrize(
    "edit",
    [
        lambda one: one["subject"][0]["digest"].update(sha256="0" * 64),
        lambda one: one["predicate"]["seen"].update(model="c" * 64),
        lambda one: one["predicate"].update(deed="give_away"),
        lambda one: one["predicate"].update(surprise=1),
        lambda one: one["predicate"].update(at="2026-11-21T10:00:00"),
        lambda one: one["predicate"].pop("after"),
        lambda one: one.update(predicateType="urn:zhongtai:release:v3"),
        lambda one: one["subject"].append({"name": "x", "digest": {}}),
    ],
    ids=range(8),
)
def test_a_signed_file_that_does_not_say_what_an_act_says_is_none(
    signer: Signer, edit: Callable[[dict[str, Any]], None]
) -> None:
    data = _edited(edit, signer)
    with pytest.raises(SharingRefused):
        read_act(data)
    assert act_fault(data, person(signer), AT) is not None


def test_what_would_count_for_nothing_is_not_signed(signer: Signer, tmp_path: Path) -> None:
    anna = person(signer)
    assert prepared(act(role=Role.OWNER), anna, signer)[0].role is Role.OFFICER
    with pytest.raises(SharingRefused, match="may not approve"):
        prepared(act(), person(signer, roles=(RoleGrant(Role.AUDITOR, *ALWAYS),)), signer)
    with pytest.raises(SharingRefused, match="none of"):
        prepared(act(), anna, signer_in(tmp_path / "mallory"))
