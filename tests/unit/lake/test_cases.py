"""Cases in a city: filed by who may, approved by signed acts that the ledger proves, escalated once, and answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.acts import Deed, Role, RoleGrant
from contracts.model import Agreement, Level, SharingAttribute
from lake.acts import Persons, Said, actor, record_act
from lake.cases import acting
from lake.cases.answering import answered
from lake.cases.asking import RequestRefused, read_public, read_request
from lake.cases.escalating import escalate
from lake.cases.reading import Book
from lake.cases.resources import find_resource
from lake.cases.told import whole
from sharing.acts import Act
from sharing.cases.steps import KIND
from sharing.cases.vocabulary import Doing, Kind, Seat, State
from sharing.faults import SharingRefused
from tests.command import call
from tests.unit.lake.casework import ANNA, BAO, CHEN, MEI, NOW, REQUEST, TAO, Office, key_of, workspace


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workspace(tmp_path_factory.mktemp("asked") / "harbour")


@pytest.fixture
def office(city: Path, tmp_path: Path) -> Iterator[Office]:
    found = Office.of(city, tmp_path / "state")
    with found.ledger:
        yield found


def test_a_request_goes_from_filing_to_the_bureaus_approval(office: Office) -> None:
    filed = office.file()
    assert (filed.state, filed.asked.departments, filed.asked.sharing) == (
        State.FILED, ("market_regulation",), "conditional",
    )  # fmt: skip
    office.do(filed, MEI, Doing.QUESTION)
    office.do(office.book.expect(filed.id), ANNA, Doing.ANSWER)
    approved = office.approve(filed, MEI, BAO)
    assert (approved.state, approved.ignored) == (State.BUREAU_APPROVED, ())
    assert [one.person for one in approved.acts] == [MEI, BAO]
    acts = [entry.body for entry in office.ledger.about("act", f"request/{filed.id}")]
    assert [one["deed"] for one in acts] == ["approve", "approve"]
    assert [one.act for one in approved.acts] == [one["digest"] for one in acts]
    assert office.ledger.verify() == []


def test_the_sides_do_what_the_table_gives_them_and_no_more(office: Office) -> None:
    filed = office.file()
    may = {who: acting.may(filed, office.doer(who), office.at) for who in (ANNA, MEI, TAO, BAO)}
    assert may == {
        ANNA: (Doing.WITHDRAW,),
        MEI: (Doing.QUESTION, Doing.APPROVE, Doing.REFUSE),
        TAO: (),
        BAO: (Doing.QUESTION, Doing.REFUSE),
    }
    for who, doing, says in ((TAO, Doing.REFUSE, "owns none"), (ANNA, Doing.APPROVE, "may not approve")):
        with pytest.raises(SharingRefused, match=says) as refused:
            office.do(filed, who, doing, ground="no_duty")
        assert refused.value.subject == filed.id
    with pytest.raises(SharingRefused, match="may not ask for taxation"):
        office.file(MEI)
    for words, says in (
        ("x" * 2001, "characters are too many"),
        ("a\x1b[2Jb", "nobody sees"),
        ("a\u202eb", "nobody sees"),
        ("\u0301", "no sign that anybody sees"),
    ):
        with pytest.raises(SharingRefused, match=says):
            office.do(filed, MEI, Doing.QUESTION, words=words)
    with pytest.raises(SharingRefused, match="ground of the list"):
        acting.expect_ground(office.catalogue.jurisdiction, "because")
    assert len(list(office.ledger.entries(KIND))) == 1


def test_an_act_that_was_signed_elsewhere_is_asked_before_it_is_taken(office: Office) -> None:
    filed, mei = office.file(), office.doer(MEI)
    sound = Act(
        Deed.APPROVE, f"request/{filed.id}", MEI, Role.OWNER, office.at, filed.asked.parts, "x" * 2000, digest="d" * 64
    )
    acting.expect_act(filed, sound, mei, office.at)
    wrong = {
        "as steward": replace(sound, role=Role.STEWARD),
        "nobody may approve as officer then": replace(sound, role=Role.OFFICER),
        "changed since: scope": replace(sound, seen={**sound.seen, "scope": "f" * 64}),
        "nobody sees": replace(sound, words="a\x1bb"),
    }
    for says, act in wrong.items():
        with pytest.raises(SharingRefused, match=says):
            acting.expect_act(filed, act, mei, office.at)
    acting.expect_ground(office.catalogue.jurisdiction, "no_duty")


def test_somebody_does_what_they_do_by_the_roles_that_they_hold(office: Office) -> None:
    filed, term = office.file(), (date(2026, 1, 1), date(2028, 12, 31))
    others = tuple(RoleGrant(one, *term) for one in (Role.AUDITOR, Role.ENGINEER, Role.STEWARD))
    assert acting.Doer("x", others).seats == () and acting.Doer("", visitor=True).seats == (Seat.VISITOR,)
    dora = acting.Doer("dora", (*others, RoleGrant(Role.APPLICANT, *term, agency="other")))
    for who, says in ((dora, "for which dora does not ask"), (acting.Doer("x", others), "x may not withdraw")):
        with pytest.raises(SharingRefused, match=says):
            acting.propose(filed, Doing.WITHDRAW, who, acting.Told("because"), office.at)
    with pytest.raises(SharingRefused, match="may not ask for market_regulation: is applicant"):
        office.file(agency="market_regulation")


def test_an_act_counts_by_the_key_and_role_of_the_day_it_was_taken(office: Office) -> None:
    filed = office.approve(office.file(), MEI)
    assert filed.state is State.DEPARTMENT_APPROVED
    (key,) = office.catalogue.persons[MEI].keys
    revoked = Book(office.ledger, office.with_persons(MEI, keys=(replace(key, revoked_on=date(2026, 11, 1)),)))
    after = revoked.expect(filed.id)
    assert after.state is State.FILED and "did not speak for" in after.ignored[0][1]
    other = RoleGrant(Role.OWNER, date(2026, 1, 1), date(2028, 12, 31), "taxation")
    moved = Book(office.ledger, office.with_persons(MEI, roles=(other,))).expect(filed.id)
    assert moved.state is State.FILED and "owns none" in moved.ignored[0][1]


def test_a_step_counts_by_the_role_of_its_day_and_a_case_does_not_vanish_with_a_person(office: Office) -> None:
    filed = office.do(office.file(), MEI, Doing.QUESTION)
    ended = RoleGrant(Role.OWNER, date(2026, 1, 1), date(2026, 11, 1), "market_regulation")
    before = Book(office.ledger, office.with_persons(MEI, roles=(ended,))).expect(filed.id)
    assert before.state is State.FILED and "was no owner on 2026-11-02" in before.ignored[0][1]
    left = {name: one for name, one in office.catalogue.persons.items() if name not in (ANNA, MEI)}
    gone = Persons.of(office.settings, replace(office.catalogue, persons=left))
    assert Book(office.ledger, gone).expect(filed.id).state is State.QUESTIONS


def test_a_clock_that_is_put_back_brings_no_key_back(office: Office) -> None:
    filed = office.file()
    other = office.file(scope="more")
    (key,) = office.catalogue.persons[MEI].keys
    office.pass_by(days=30)
    office.approve(other, MEI)
    office.pass_by(days=-29)
    signing = actor(office.persons, MEI, key_of(office.settings.workspace, MEI))
    act = signing.act(Deed.APPROVE, f"request/{filed.id}", filed.asked.parts, Said(office.at))
    body = {"about": f"request/{filed.id}", "deed": "approve", "person": MEI, "act": act.decode()}
    office.ledger.append("act", body, office.at)
    revoked = office.with_persons(MEI, keys=(replace(key, revoked_on=date(2026, 11, 20)),))
    for found in (Book(office.ledger, revoked).expect(filed.id), Book(office.ledger, revoked).alone(filed.id)):
        assert found and found.state is State.FILED and "did not speak for" in found.ignored[0][1]


def test_the_same_act_again_is_no_other_and_another_text_is_none(office: Office) -> None:
    filed = office.approve(office.file(), MEI)
    (entry,) = office.ledger.entries("act")
    record_act(office.ledger, str(entry.body["act"]).encode(), office.at)
    assert office.book.expect(filed.id) == filed
    other = office.file(scope="all")
    told = {**entry.body, "about": f"request/{other.id}"}
    office.ledger.append("act", told, office.at)
    office.ledger.append("act", {**told, "act": "{}"}, office.at)
    assert office.book.expect(other.id) == other


def test_an_approval_of_what_was_asked_before_counts_for_nothing(office: Office) -> None:
    filed = office.approve(office.file(), MEI)
    office.do(filed, BAO, Doing.QUESTION)
    wider = read_request(
        {**REQUEST, "columns": {**REQUEST["columns"], "phone": "call them"}}, office.catalogue, office.ledger
    )
    changed = office.do(office.book.expect(filed.id), ANNA, Doing.ANSWER, asked=wider)
    assert (changed.state, changed.pending) == (State.ANSWERED, ("market_regulation",))
    (entry,) = office.ledger.entries("act")
    office.ledger.append("act", dict(entry.body), office.at)
    with pytest.raises(SharingRefused, match="nobody may approve as officer then"):
        office.approve(changed, BAO)
    assert office.approve(changed, MEI, BAO).state is State.BUREAU_APPROVED


def test_what_is_overdue_is_told_once_by_whoever_looks(office: Office) -> None:
    filed = office.file()
    assert escalate(office.ledger, [filed], office.rules, office.at) == []
    office.pass_by(days=15)
    told = whole(filed, office.rules, office.at)
    assert told["overdue"] and told["deadlines"][0]["left"] == -1 and told["deadlines"][0]["due"] == "2026-11-16"
    (step,) = escalate(office.ledger, [filed], office.rules, office.at)
    assert (step.case, step.deadline, step.since) == (filed.id, "answer", "2026-11-02")
    again = office.book.expect(filed.id)
    assert escalate(office.ledger, [again], office.rules, office.at) == []
    assert escalate(office.ledger, [filed], office.rules, office.at) and office.book.expect(filed.id) == again
    json.dumps(told)


def test_what_is_overdue_is_told_though_no_calendar_reaches_so_far(office: Office) -> None:
    filed = office.file()
    office.at = NOW.replace(year=2031)
    (step,) = escalate(office.ledger, [filed], office.rules, office.at)
    told = whole(office.book.expect(filed.id), office.rules, office.at)
    (clock,) = told["deadlines"]
    assert (step.case, told["overdue"], clock["due"], clock["used"]) == (filed.id, True, "2026-11-16", None)
    assert "calendar: in zhongtai.yml" in clock["unknown"]
    where = {"ZHONGTAI_STATE": str(office.settings.state), "ZHONGTAI_NOW": office.at.isoformat()}
    for which in ((), (filed.id,)):
        shown = call("cases", *which, "--workspace", str(office.settings.workspace), environment=where).out
        assert "None" not in shown and "2026-11-16 OVERDUE" in shown and "years: [2027]" in shown


def test_what_others_wrote_forges_no_row_and_moves_no_cursor(office: Office) -> None:
    """An entry of before, or of another's making: nothing was asked of its texts."""
    asked = replace(office.file().asked, title="x\nR20260101-0000000000 \u202ereleased\x1b[2J", scope="a\nb\u3164")
    told = acting.Told(asked=asked, kind=Kind.REQUEST)
    step = acting.filed(told, office.doer(ANNA), office.at, {})
    acting.record(office.ledger, replace(step, person="\x9banna"))
    where = {"ZHONGTAI_STATE": str(office.settings.state), "ZHONGTAI_NOW": office.at.isoformat()}
    for which in ((), (step.case,)):
        told = call("cases", *which, "--workspace", str(office.settings.workspace), environment=where).out
        assert "x\\u000aR2026" in told and "\\u202ereleased\\u001b[2J" in told
        assert not {"\u202e", "\x1b", "\x9b", "\u3164"} & set(told)
    assert "a\\u000ab" not in told and "b\\u3164" in told


def test_texts_are_measured_as_they_are_kept(office: Office) -> None:
    lines = "x\r\n" * 999 + "xx"
    assert office.file(scope=lines).asked.scope == lines.replace("\r", "")
    filed = office.file()
    assert office.do(filed, MEI, Doing.QUESTION, words=lines).steps[-1].words == lines.replace("\r", "")


def test_the_same_is_asked_anew_once_it_is_over_and_is_one_case_until_then(office: Office) -> None:
    first = office.file()
    with pytest.raises(SharingRefused, match="filed already, and is filed") as refused:
        office.file()
    assert (refused.value.subject, refused.value.rule) == (first.id, acting.FILED_ALREADY)
    office.do(first, ANNA, Doing.WITHDRAW)
    second = office.file()
    office.do(second, BAO, Doing.REFUSE, ground="no_duty")
    third = office.file()
    assert len({first.id, second.id, third.id}) == 3 and third.state is State.FILED
    assert [one.state for one in office.book.cases().values()] == [State.WITHDRAWN, State.REFUSED, State.FILED]
    with pytest.raises(SharingRefused, match="filed already") as refused:
        office.file()
    assert refused.value.subject == third.id


def test_a_term_that_is_past_is_not_asked_for(office: Office) -> None:
    past = {"valid": {"from": date(2026, 1, 1), "until": date(2026, 11, 1)}}
    with pytest.raises(SharingRefused, match="ended on 2026-11-01, before today, 2026-11-02") as refused:
        office.file(**past)
    assert refused.value.subject == "valid.until"
    last = office.file(valid={"from": date(2026, 1, 1), "until": NOW.date()})
    asks = office.do(last, MEI, Doing.QUESTION)
    changed = read_request({**REQUEST, **past}, office.catalogue, office.ledger)
    with pytest.raises(SharingRefused, match="before today"):
        office.do(asks, ANNA, Doing.ANSWER, asked=changed)
    office.pass_by(days=3)
    assert office.do(asks, ANNA, Doing.ANSWER).state is State.ANSWERED  # it is told, and decided by persons


def test_of_two_steps_at_once_the_later_counts_for_nothing_and_says_so(office: Office) -> None:
    filed = office.file()
    office.do(filed, ANNA, Doing.WITHDRAW)
    after = office.do(filed, MEI, Doing.QUESTION)  # by what was seen before
    assert after.state is State.WITHDRAWN and "the case is withdrawn" in after.ignored[0][1]


def test_a_book_reads_on_and_agrees_with_one_that_begins(office: Office) -> None:
    book = office.book
    assert book.cases() == {}
    filed = office.file()
    assert book.expect(filed.id).state is State.FILED
    approved = office.approve(filed, MEI, BAO)
    entry = {"agreement": "taxation__tax_clearance", "release_id": "r1", "request": filed.id, "batches": []}
    office.ledger.append("release", {**entry, "release_id": "r0", "rows": 0}, office.at)
    assert book.expect(filed.id) == approved  # no row, no answer
    office.ledger.append("release", entry, office.at)
    assert book.expect(filed.id).state is State.RELEASED
    gone = {"agreement": "taxation__tax_clearance", "release_id": "r1", "recipient": "taxation", "reason": "ended"}
    office.ledger.append("withdrawal", gone, office.at)
    assert book.expect(filed.id).state is State.ENDED and book.cases() == office.book.cases()
    assert book.alone(filed.id) == approved and book.alone("R20260101-0000000000") is None
    with pytest.raises(SharingRefused, match="no such case"):
        book.expect("R20260101-0000000000")


def agreement(office: Office, **changes: Any) -> Agreement:
    """The agreement that a draft of the request would be."""
    (known,) = office.catalogue.agreements.values()
    term = {"valid_from": date(2026, 12, 1), "valid_until": date(2027, 11, 30)}
    told = {
        "purpose_code": "tax_clearance",
        "purpose": REQUEST["purpose"]["text"],
        "legal_basis": REQUEST["purpose"]["legal_basis"],
        "scope": "enterprises that\n  are cancelled ",
        "columns": tuple(replace(known.columns[0], name=name) for name in ("credit_code", "status")),
    }
    return replace(known, **{**told, **term, **changes})


def test_an_agreement_answers_an_approved_request_and_keeps_within_it(office: Office) -> None:
    filed = office.file()
    naming = agreement(office, request=filed.id)
    found = answered(office.ledger, office.persons, naming)
    assert found and found.fault == "it is filed, and not approved" and found.acts == ()
    office.approve(filed, MEI, BAO)
    found = answered(office.ledger, office.persons, naming)
    assert found and found.fault is None and found.digest == filed.asked.digest
    assert found.departments == ("market_regulation",)
    assert [(one.person, one.role) for one in found.acts] == [(MEI, "owner"), (BAO, "officer")]
    held = (*naming.columns, *(replace(naming.columns[0], name=name) for name in ("phone", "code", "credit_code")))
    beyond: dict[str, tuple[Any, str]] = {
        "agency": ("health", "the recipient is health"),
        "valid_from": (date(2026, 1, 1), "begins on 2026-01-01"),
        "valid_until": (date(2030, 1, 1), "ends on 2030-01-01"),
        "purpose_code": ("x", "the agreement for x"),
        "columns": (held, "nobody asked for code, phone, which the agreement holds"),
        "purpose": ("settle all taxes of who has gone", "the agreement's purpose is not the one"),
        "legal_basis": ("another law", "the agreement's legal basis is not the one"),
        "scope": ("enterprises", "the agreement's scope is not the one"),
    }
    for name, (value, says) in beyond.items():
        wrong = answered(office.ledger, office.persons, replace(naming, **{name: value}))
        assert wrong and wrong.fault and says in wrong.fault and ";" not in wrong.fault
    every = answered(office.ledger, office.persons, replace(naming, **{name: one[0] for name, one in beyond.items()}))
    assert every and all(says in str(every.fault) for _, says in beyond.values())
    assert answered(office.ledger, office.persons, agreement(office)) is None
    unknown = answered(office.ledger, office.persons, agreement(office, request="R20260101-0000000000"))
    assert unknown and "no such request" in str(unknown.fault)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "{{ env_var('A') }}"}, "title"),
        ({"scope": "a\x00b"}, "scope"),
        ({"scope": "a\u202eb"}, "scope"),
        ({"title": "核对\nR20260101-0000000000 released"}, "title"),
        ({"title": "\u0301 \u00a0\ufe0f"}, "title"),
        ({"scope": "lost \ufffd bytes"}, "scope"),
        ({"columns": {}}, "columns"),
        ({"columns": {"credit_code": ""}}, "columns.credit_code"),
        ({"columns": {"salary": "know it"}}, "columns.salary"),
        ({"resource": "market_regulation.nothing"}, "resource"),
        ({"resource": "../etc"}, "resource"),
        ({"agency": "nobody"}, "agency"),
        ({"valid": {"from": date(2027, 1, 1), "until": date(2026, 1, 1)}}, "valid"),
        ({"valid": {"from": "soon", "until": date(2026, 1, 1)}}, "valid.from"),
        ({"urgent": True}, "urgent"),
        ({"purpose": None}, "purpose"),
    ],
)
def test_a_request_that_cannot_be_meant_so_is_refused_by_its_place(
    office: Office, changes: dict[str, Any], place: str
) -> None:
    with pytest.raises(RequestRefused) as refused:
        read_request({**REQUEST, **changes}, office.catalogue, office.ledger)
    assert [one.subject for one in refused.value.faults] == [place]
    assert all(one.message and one.fix for one in refused.value.faults)


@pytest.mark.parametrize(("level", "says"), [(Level.L3, "不予共享"), (Level.L4, "there is no 'status'")])
def test_what_is_not_shared_is_not_asked_for(office: Office, level: Level, says: str) -> None:
    dataset = office.catalogue.datasets["market_regulation.enterprises"]
    hidden = {"sharing_attribute": SharingAttribute.NOT_SHARED, "level": level}
    columns = tuple(replace(one, **hidden) if one.name == "status" else one for one in dataset.columns)
    catalogue = replace(office.catalogue, datasets={dataset.id: replace(dataset, columns=columns)})
    with pytest.raises(RequestRefused, match=says) as refused:
        read_request(REQUEST, catalogue, office.ledger)
    assert "status" not in refused.value.fix


def test_an_entitys_columns_are_whose_departments_provide_them(office: Office) -> None:
    found = find_resource(office.catalogue, office.ledger, "theme.legal_entity")
    assert found is not None
    assert found.departments(["status"]) == ("market_regulation",)
    assert found.departments(["credit_code", "tax_file_opened_on"]) == ("market_regulation", "taxation")
    both = office.file(resource="theme.legal_entity", columns={"phone": "call them"})
    assert both.asked.departments == ("market_regulation", "taxation")
    assert office.approve(both, MEI).pending == ("taxation",)
    assert office.approve(both, TAO, CHEN).state is State.BUREAU_APPROVED


def test_a_product_is_asked_for_whole_and_by_whom_the_newest_verdict_names(office: Office) -> None:
    name = "product.unfiled_enterprises"
    with pytest.raises(SharingRefused, match="nobody can say whose data"):
        office.file(resource=name)
    evidence = {"sources": [{"dataset": "market_regulation.enterprises"}], "lineage": {"columns": []}}
    office.ledger.append("verdict", {"agreement": "taxation__unfiled_enterprises", "evidence": evidence}, office.at)
    with pytest.raises(RequestRefused, match="asked for whole"):
        office.file(resource=name, columns={"name": "see it"})
    whole_ = dict.fromkeys(("credit_code", "name", "established_on"), "see it")
    assert office.file(resource=name, columns=whole_).asked.departments == ("market_regulation",)


def test_anybody_asks_in_few_words_and_what_it_is_about_is_not_looked_up() -> None:
    kind, asked = read_public({"kind": "registration", "title": "登记", "text": "for a map", "about": "no.such"})
    assert (kind, asked.resource, asked.departments) == (Kind.REGISTRATION, "no.such", ())
    for told in ({"kind": "request"}, {"title": "x" * 999}, {"text": ""}, {"about": "<b>"}):
        with pytest.raises(RequestRefused):
            read_public({"kind": "objection", "title": "x", "text": "y", **told})


def test_the_command_line_files_shows_and_acts(city: Path, tmp_path: Path) -> None:
    with Office.of(city, tmp_path / "state").ledger:
        pass
    file = tmp_path / "request.yml"
    file.write_text(yaml.safe_dump(REQUEST, allow_unicode=True), "utf-8")
    environment = {"ZHONGTAI_STATE": str(tmp_path / "state"), "ZHONGTAI_NOW": NOW.isoformat()}

    def cases(*arguments: str, who: str = "", status: int = 0) -> dict[str, Any]:
        own = ("--as", who, "--key", str(key_of(city, who))) if who else ()
        said = call("cases", *arguments, *own, "--json", "--workspace", str(city), environment=environment)
        assert said.status == status, said.err
        found: dict[str, Any] = json.loads(said.out)
        return found

    number = cases("file", str(file), who=ANNA)["case"]
    assert [one["case"] for one in cases()["cases"]] == [number] and cases("--state", "overdue")["cases"] == []
    assert (
        cases("question", number, "--words", "why so long?", who=MEI)["deadlines"][0]["stopped_since"] == "2026-11-02"
    )
    assert cases("answer", number, "--words", "the law says so", who=ANNA)["state"] == "answered"
    assert "may not" in cases("approve", number, who=ANNA, status=2)["error"]
    assert "--as PERSON" in cases("withdraw", number, status=2)["error"]
    cases("approve", number, who=MEI)
    found = cases("approve", number, who=BAO)
    assert (found["state"], found["agreement"]) == ("agreement_drafted", "taxation__tax_clearance")
    assert (tmp_path / "state" / "drafts" / number / "change.patch").exists()
    drafted = cases("draft", number, "--out", str(tmp_path / "out"))
    assert (tmp_path / "out" / drafted["files"][0]).read_text("utf-8").startswith(f"# Drafted from request {number}")
    stolen = call("cases", "withdraw", number, "--as", ANNA, "--key", str(key_of(city, MEI)), "--workspace", str(city),
                  environment=environment)  # fmt: skip
    assert stolen.status == 2 and "none of the person's keys" in stolen.err
    shown = call("cases", number, "--workspace", str(city), environment=environment)
    assert shown.status == 0 and "核对注销企业" in shown.out
    assert cases("R20260101-0000000000", status=2)["error"] and cases("--state", "lost", status=2)["error"]
