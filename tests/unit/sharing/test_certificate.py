"""A certificate verifies offline, and any changed byte, missing check or passed expiry makes it fail."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.category import Category
from contracts.evidence import FIRST_GATES, CandidateFile, Rise
from contracts.model import Level
from contracts.requested import Granted, Requested
from sharing.canonical import agreement_digest, canonical_json, release_id
from sharing.certificate import CERTIFICATE, parse_statement
from sharing.chain import Head
from sharing.envelope import PAYLOAD_TYPE, open_envelope, pre_authentication
from sharing.faults import Fault, SharingRefused
from sharing.keys import PublicKey
from sharing.release import Release, current_release, find_public_key, publish
from sharing.verify import verify_release
from tests.keys import signer_in
from tests.unit.gates import cases
from tests.unit.gates.overrides import overridden, override
from tests.unit.sharing.conftest import City

Unlock = Callable[[Path, Path], Path]


def rules(faults: list[Fault]) -> set[str]:
    for fault in faults:
        assert fault.subject and fault.message and fault.fix
    return {fault.rule for fault in faults}


def resigned(city: City, folder: Path, edit: Callable[[dict[str, Any]], None]) -> set[str]:
    """The faults after the publisher itself signed another statement on the same files."""
    path = folder / CERTIFICATE
    statement = json.loads(open_envelope(path.read_bytes(), CERTIFICATE)[0])
    edit(statement)
    payload = canonical_json(statement)
    signature = base64.b64encode(city.signer.sign(pre_authentication(payload))).decode()
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": city.signer.public.key_id, "sig": signature}],
    }
    path.write_bytes(canonical_json(envelope) + b"\n")
    return rules(verify_release(folder, city.signer.public, cases.NOW))


@pytest.fixture
def copy(city: City, unlocked: Unlock, tmp_path: Path) -> Path:
    """A release as a recipient has it: a folder of its own, anywhere."""
    return unlocked(city.publish().path, tmp_path / "received")


def test_it_verifies_anywhere_with_nothing_but_the_public_key(city: City, copy: Path, tmp_path: Path) -> None:
    pem = tmp_path / "city.pem"
    pem.write_bytes(city.signer.public.pem)
    shutil.rmtree(city.releases)
    for key in (pem, pem.read_bytes(), city.signer.public):
        assert verify_release(copy, key, cases.NOW) == []


def test_it_is_a_dsse_envelope_of_an_in_toto_statement_that_others_can_verify(city: City, copy: Path) -> None:
    envelope = json.loads((copy / CERTIFICATE).read_bytes())
    payload = base64.b64decode(envelope["payload"])
    # The example of the DSSE specification, protocol.md.
    assert pre_authentication(b"hello world").startswith(b"DSSEv1 28 application/vnd.in-toto+json 11 hello world")
    message = b"DSSEv1 28 application/vnd.in-toto+json %d " % len(payload) + payload
    key = load_pem_public_key(city.signer.public.pem)
    key.verify(base64.b64decode(envelope["signatures"][0]["sig"]), message)  # type: ignore[union-attr, call-arg]
    statement = json.loads(payload)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert [subject["name"] for subject in statement["subject"]] == ["part-0.parquet", "part-1.parquet"]


def test_it_says_what_left_to_whom_why_and_on_what_evidence(city: City) -> None:
    folder = city.export(range(80, 100))
    inputs = replace(city.inputs(folder, cases.agreement()), ledger_head=Head(7, "e" * 64))
    release = publish(city.releases, cases.agreement(), folder, inputs, city.signer, cases.NOW)
    statement = json.loads(open_envelope((release.path / CERTIFICATE).read_bytes(), CERTIFICATE)[0])
    predicate = statement["predicate"]
    assert predicate["agreement"]["recipient"] == "civil_affairs"
    assert predicate["agreement"]["purpose"] == "pay the old-age subsidy"
    assert predicate["agreement"]["approvals"] == ["data-office@city.example"]
    assert predicate["agreement"]["impact_assessment"] == "PIA-2026-007"
    assert predicate["columns"][0]["level"] == "L3"
    assert predicate["sources"][0]["batches"] == ["b1", "b2"]
    assert predicate["ledger"] == {"seq": 7, "digest": "e" * 64}
    assert parse_statement(json.dumps(statement).encode()) == release.statement


def test_it_names_the_request_that_it_answers_and_the_acts_that_approved_it(city: City, copy: Path) -> None:
    granted = (Granted("hai@health.example", "owner", cases.NOW, "b" * 64), Granted("bao@city.example", "officer",
               cases.NOW, "c" * 64))  # fmt: skip
    acts = cases.acts(request=Requested("R20260105-0123456789", "d" * 64, granted))
    asked = cases.agreement(request="R20260105-0123456789")
    release = city.publish(agreement=asked, acts=acts)
    assert release.statement is not None and release.statement.predicate.request is not None
    told = release.statement.predicate.request
    assert (told.id, told.digest) == (asked.request, "d" * 64)
    assert [(one.person, one.role, one.digest) for one in told.acts] == [
        (one.person, one.role, one.digest) for one in granted
    ]
    assert release.as_dict()["request"] == asked.request
    assert verify_release(release.path, city.signer.public, cases.NOW) == []
    # What nobody asked for says so, and an agreement without a request has the digest that it always had.
    said = parse_statement(open_envelope((copy / CERTIFICATE).read_bytes(), CERTIFICATE)[0])
    assert said.predicate.request is None and said.predicate.agreement.digest != told.digest
    assert agreement_digest(asked) != agreement_digest(replace(asked, request=None)) == said.predicate.agreement.digest


def test_it_says_who_approved_each_declassifier(city: City) -> None:
    uses = cases.approved(approved_on=cases.TODAY).lineage
    statement = city.publish(lineage=uses).statement
    assert statement and [one.model_dump(mode="json") for one in statement.predicate.lowered] == [
        {
            "column": "person_id",
            "declassifier": "declassify_year",
            "approved_by": [cases.OFFICE],
            "approved_on": "2026-06-01",
        }
    ]
    other = city.publish(range(70, 80)).statement
    assert other and other.predicate.lowered == ()


def test_it_says_categories_marks_and_the_rules_that_raised_them(city: City) -> None:
    rise = Rise("many", "多", "Many", "art. 1", ("age",), Level.L3, None, "5 persons, more than 4", {"persons": 5})
    statement = city.publish(lineage=cases.lineage(rises=(rise,))).statement
    assert statement
    told = statement.predicate
    assert {(one.category, one.marks) for one in told.columns} == {(Category.GENERAL, ("personal",))}
    assert [one.model_dump(mode="json") for one in told.raised] == [
        {
            "rule": "many",
            "source": "art. 1",
            "columns": ["age"],
            "level": "L3",
            "category": None,
            "why": "5 persons, more than 4",
            "numbers": {"persons": 5},
        }
    ]


def test_a_category_that_is_not_known_makes_no_certificate(city: City) -> None:
    columns = (cases.lineage_column(category=None), cases.lineage_column("age"))
    with pytest.raises(SharingRefused) as refused:
        city.publish(lineage=cases.lineage(columns=columns))
    assert refused.value.rule == "evidence_complete"


@pytest.fixture(scope="module")
def received(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PublicKey, dict[str, bytes]]:
    root = tmp_path_factory.mktemp("received")
    city = City(root, signer_in(root / "keys"))
    folder = city.publish().path
    return root / "copy", city.signer.public, {path.name: path.read_bytes() for path in folder.iterdir()}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["certificate.json", "part-0.parquet", "part-1.parquet"]),
    share=st.floats(0, 1, exclude_max=True),
    flip=st.integers(1, 255),
)
def test_any_changed_byte_fails(
    received: tuple[Path, PublicKey, dict[str, bytes]], name: str, share: float, flip: int
) -> None:
    folder, key, files = received
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for each, data in files.items():
        changed = bytearray(data)
        if each == name:
            changed[int(len(data) * share)] ^= flip
        (folder / each).write_bytes(changed)
    assert rules(verify_release(folder, key, cases.NOW))


@pytest.mark.parametrize("name", ["certificate.json", "part-0.parquet"])
def test_bytes_everywhere_count(received: tuple[Path, PublicKey, dict[str, bytes]], name: str) -> None:
    folder, key, files = received
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for each, data in files.items():
        (folder / each).write_bytes(data)
    assert verify_release(folder, key, cases.NOW) == []
    data = files[name]
    for place in range(0, len(data), 5 if name.endswith("parquet") else 13):
        with (folder / name).open("r+b") as stream:
            stream.seek(place)
            stream.write(bytes([data[place] ^ 1]))
        assert verify_release(folder, key, cases.NOW), place
        with (folder / name).open("r+b") as stream:
            stream.seek(place)
            stream.write(data[place : place + 1])


@pytest.mark.parametrize("tail", [b" ", b"\n", b"{}", b"\0"])
def test_nothing_can_be_added_to_the_certificate(city: City, copy: Path, tail: bytes) -> None:
    path = copy / CERTIFICATE
    path.write_bytes(path.read_bytes() + tail)
    assert rules(verify_release(copy, city.signer.public, cases.NOW)) == {"envelope_readable"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"payload": 1, "signatures": []}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"signatures": [{}]}',
    ],
    ids=range(8),
)
def test_a_malformed_certificate_is_a_fault_and_no_traceback(city: City, copy: Path, content: bytes) -> None:
    (copy / CERTIFICATE).write_bytes(content)
    assert rules(verify_release(copy, city.signer.public, cases.NOW)) == {"envelope_readable"}


@given(content=st.binary(max_size=300))
def test_no_bytes_at_all_make_the_reader_raise_anything_but_a_refusal(content: bytes) -> None:
    for read in (partial(open_envelope, name=CERTIFICATE), parse_statement):
        with pytest.raises(SharingRefused):
            read(content)


def test_a_missing_certificate_or_folder_is_a_fault(city: City, copy: Path, tmp_path: Path) -> None:
    (copy / CERTIFICATE).unlink()
    for folder in (copy, tmp_path / "nowhere"):
        assert rules(verify_release(folder, city.signer.public, cases.NOW)) == {"certificate_present"}


def test_another_key_is_a_fault(copy: Path, tmp_path: Path) -> None:
    other = signer_in(tmp_path / "others").public
    assert rules(verify_release(copy, other, cases.NOW)) == {"signature"}
    for key in (b"", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", tmp_path / "missing.pem"):
        assert rules(verify_release(copy, key, cases.NOW)) == {"public_key"}


def test_a_certificate_signed_by_another_under_the_citys_key_id_fails(city: City, copy: Path, tmp_path: Path) -> None:
    other = signer_in(tmp_path / "others")
    forged = replace(city, signer=other)
    resigned(forged, copy, lambda statement: None)
    path = copy / CERTIFICATE
    path.write_bytes(path.read_bytes().replace(other.public.key_id.encode(), city.signer.public.key_id.encode()))
    assert rules(verify_release(copy, city.signer.public, cases.NOW)) == {"signature"}


def test_no_file_more_and_none_less(city: City, copy: Path) -> None:
    shutil.copy(copy / "part-0.parquet", copy / "part-2.parquet")
    assert rules(verify_release(copy, city.signer.public, cases.NOW)) == {"no_extra_file"}
    (copy / "part-2.parquet").unlink()
    (copy / "part-1.parquet").rename(copy / ".part-1.parquet")
    assert rules(verify_release(copy, city.signer.public, cases.NOW)) == {"no_extra_file", "no_missing_file"}


def test_a_link_is_not_a_file(city: City, copy: Path, tmp_path: Path) -> None:
    (copy / "part-0.parquet").rename(tmp_path / "elsewhere.parquet")
    (copy / "part-0.parquet").symlink_to(tmp_path / "elsewhere.parquet")
    assert rules(verify_release(copy, city.signer.public, cases.NOW)) == {"file_digest"}


@pytest.mark.parametrize("moment", [datetime(2026, 12, 31, 16, tzinfo=UTC), datetime(2025, 12, 31, 15, 59, tzinfo=UTC)])
def test_outside_its_term_it_fails(city: City, copy: Path, moment: datetime) -> None:
    assert rules(verify_release(copy, city.signer.public, moment)) == {"in_force"}


@pytest.mark.parametrize("moment", [datetime(2026, 12, 31, 15, 59, tzinfo=UTC), datetime(2025, 12, 31, 16, tzinfo=UTC)])
def test_its_first_and_last_day_in_the_city_are_in_its_term(city: City, copy: Path, moment: datetime) -> None:
    assert verify_release(copy, city.signer.public, moment) == []


def edit(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Set one place of the statement; `...` takes it out."""

    def change(statement: dict[str, Any]) -> None:
        *steps, last = [int(step) if step.isdigit() else step for step in path.split("/")]
        place: Any = statement
        for step in steps:
            place = place[step]
        if value is ...:
            del place[last]
        else:
            place[last] = value

    return change


def _core_by_agreement(statement: dict[str, Any]) -> None:
    """Core data under an agreement that no declaration could be: 核心 leaves on no terms."""
    statement["predicate"]["columns"][0]["category"] = "core"
    statement["predicate"]["agreement"]["category_ceiling"] = "core"


@pytest.mark.parametrize(
    "change, rule",
    [
        (edit("predicate/checks/0", ...), "check_present"),
        (edit("predicate/checks/0/passed", False), "check_passed"),
        (edit("predicate/declared_checks/0/rules", ["grain", "grain"]), "check_present"),
        (edit("predicate/declared_checks", []), "checks_declared"),
        (edit("predicate/declared_checks/0/rules", []), "certificate_understood"),
        (edit("predicate/gates/3", "other"), "gates"),
        (edit("predicate/gates", []), "gates"),
        (edit("predicate/rows", 21), "rows"),
        (edit("predicate/columns/0/level", "L4"), "level"),
        (edit("predicate/columns/0/level", "L9"), "certificate_understood"),
        (edit("predicate/columns/0/category", "important"), "category"),
        (edit("predicate/columns/0/category", "secret"), "certificate_understood"),
        (_core_by_agreement, "category"),
        (edit("predicate/columns/0/purpose", ""), "purpose"),
        (edit("predicate/columns/1/type", "string"), "schema"),
        (edit("predicate/columns/1", ...), "schema"),
        (edit("predicate/release_id", "0" * 32), "release_id"),
        (edit("predicate/agreement/digest", "0" * 64), "release_id"),
        (edit("subject/0/digest", {"sha256": "0" * 64}), "file_digest"),
        (edit("subject/0/digest", {"md5": "0" * 64}), "file_digest"),
        (edit("subject/0/name", "../part-0.parquet"), "no_missing_file"),
        (edit("subject/1", {"name": "part-0.parquet", "digest": {"sha256": "x"}}), "files_named"),
        (edit("subject", []), "certificate_understood"),
        (edit("predicateType", "urn:zhongtai:release:v4"), "certificate_understood"),
        (edit("predicate/sources/0/batches", ["b1"]), "release_id"),
        (edit("predicate/surprise", 1), "certificate_understood"),
        (edit("predicate/agreement/valid_until", ...), "certificate_understood"),
        (edit("_type", "https://in-toto.io/Statement/v2"), "certificate_understood"),
    ],
    ids=range(28),
)
def test_a_signature_alone_is_not_enough(
    city: City, copy: Path, change: Callable[[dict[str, Any]], None], rule: str
) -> None:
    assert rule in resigned(city, copy, change)


def test_signed_again_unchanged_it_still_holds(city: City, copy: Path) -> None:
    assert resigned(city, copy, lambda statement: None) == set()


def test_files_of_another_schema_fail_even_when_signed(city: City, copy: Path) -> None:
    pq.write_table(pa.table({"other": [1]}), copy / "part-1.parquet")
    digest = hashlib.sha256((copy / "part-1.parquet").read_bytes()).hexdigest()
    assert "one_schema" in resigned(city, copy, edit("subject/1/digest", {"sha256": digest}))


def test_a_file_that_is_no_parquet_fails_even_when_signed(city: City, copy: Path) -> None:
    (copy / "part-1.parquet").write_bytes(b"PAR1 not")
    digest = hashlib.sha256(b"PAR1 not").hexdigest()
    assert "parquet_readable" in resigned(city, copy, edit("subject/1/digest", {"sha256": digest}))


def test_a_failed_warning_is_told_and_does_not_fail(city: City, copy: Path) -> None:
    def warn(statement: dict[str, Any]) -> None:
        statement["predicate"]["checks"][0] |= {"severity": "warning", "passed": False, "failing_rows": 2}

    assert resigned(city, copy, warn) == set()


def test_a_check_that_is_no_longer_declared_is_not_told(city: City) -> None:
    old = cases.check(rule="of old", passed=False, failing_rows=9, data_version=None)
    checks = (*cases.quality().checks, old)
    release = city.publish(quality=cases.quality(checks=checks))
    assert verify_release(release.path, city.signer.public, cases.NOW) == []
    assert release.statement and [check.rule for check in release.statement.predicate.checks] == ["grain", "grain"]


def test_an_older_key_still_verifies_what_it_signed(city: City, tmp_path: Path) -> None:
    first: Release = city.publish()
    newer = replace(city, signer=signer_in(tmp_path / "newer"))
    second = newer.publish(range(60, 70))
    for release in (first, second):
        assert verify_release(release.path, find_public_key(city.releases, release.path), cases.NOW) == []
    assert newer.publish() == first
    (city.releases / "keys" / f"{city.signer.public.key_id}.pem").unlink()
    with pytest.raises(SharingRefused, match="no public key"):
        find_public_key(city.releases, first.path)


def test_a_certificate_from_before_the_newer_gates_is_held_to_those_there_were(city: City, copy: Path) -> None:
    def age(statement: dict[str, Any]) -> None:
        statement["predicateType"] = "urn:zhongtai:release:v1"
        statement["predicate"]["gates"] = list(FIRST_GATES)
        for later in ("lowered", "raised", "exact", "dossier", "policy", "acts", "tree", "request", "demonstration"):
            del statement["predicate"][later]
        files = tuple(CandidateFile(one["name"], one["digest"]["sha256"], 0) for one in statement["subject"])
        statement["predicate"]["release_id"] = release_id(files, statement["predicate"]["agreement"]["digest"])

    def age_less_one(statement: dict[str, Any]) -> None:
        statement["predicate"]["gates"].remove("level")

    def young(statement: dict[str, Any]) -> None:
        statement["predicate"]["gates"].append("level")
        statement["predicateType"] = "urn:zhongtai:release:v2"

    assert resigned(city, copy, age) == set()
    assert resigned(city, copy, age_less_one) == {"gates"}
    assert resigned(city, copy, young) == {"gates"}


def test_an_override_is_on_the_certificate_in_words_and_makes_another_release(
    city: City, unlocked: Unlock, tmp_path: Path
) -> None:
    plain, facts = city.publish(), overridden(override())
    made = city.publish(quality=facts.quality)
    assert plain.statement and made.statement and made.release_id != plain.release_id
    assert b"overrides" not in plain.statement.encoded()
    (told,) = made.statement.predicate.overrides
    assert (told.asked.person, told.confirmed.person) == ("steward@city.example", "officer@city.example")
    assert told.until.isoformat() in told.words and told.reason in told.words and "4/100" in told.words
    copy = unlocked(made.path, tmp_path / "received")
    assert verify_release(copy, city.signer.public, cases.NOW) == []
    late = datetime(2026, 6, 11, 8, tzinfo=UTC)
    assert rules(verify_release(copy, city.signer.public, late)) == {"override_in_force"}
    assert current_release(city.releases, made.agreement, date(2026, 6, 10)) is not None
    assert current_release(city.releases, made.agreement, date(2026, 6, 11)) is None
    assert resigned(city, copy, edit("predicate/overrides", ...)) == {"check_passed", "release_id"}


@pytest.mark.parametrize(
    "change, rule",
    [
        (edit("predicate/overrides/0/confirmed/person", "Steward@city.example"), "override_by_two"),
        (edit("predicate/overrides/0/checks/0/rule", "other"), "check_passed"),
        (edit("predicate/overrides/0/checks/0/failing_rows", 3), "check_passed"),
        (edit("predicate/overrides/0/asked/digest", "9" * 64), "release_id"),
        (edit("predicate/overrides/0/reason", ""), "certificate_understood"),
        (edit("predicate/overrides/0/confirmed", ...), "certificate_understood"),
    ],
)
def test_an_override_that_was_changed_is_seen(
    city: City, unlocked: Unlock, tmp_path: Path, change: Callable[[dict[str, Any]], None], rule: str
) -> None:
    made = city.publish(quality=overridden(override()).quality)
    assert rule in resigned(city, unlocked(made.path, tmp_path / "received"), change)
