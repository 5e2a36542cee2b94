"""Requests in pages: filed, asked back, approved by signed acts and followed; and that nobody learns of another's."""

from __future__ import annotations

import asyncio
import html
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.acts import Role, RoleGrant
from contracts.load import load_catalogue
from contracts.model import Catalogue
from lake.acts import Persons
from lake.cases.reading import Book
from portal.asking import Refused
from portal.requests.desk import Desk
from sharing.acts import read_statement, sign_act
from sharing.cases.law import Case
from sharing.cases.vocabulary import State
from sharing.keys import Signer
from tests.keys import signer_in
from tests.unit.lake.casework import ANNA, BAO, CHEN, MEI, ROLES, TAO, workspace
from tests.unit.portal.conftest import Portal

ALWAYS = (date(2026, 1, 1), date(2028, 12, 31))
FORM = {
    "title": "核对<注销>企业",
    "agency": "taxation",
    "resource": "market_regulation.enterprises",
    "column.credit_code": "know the enterprise",
    "column.status": "see who has gone",
    "column.phone": " ",
    "code": "tax_clearance",
    "purpose": "settle the taxes of who has gone",
    "basis": "税收征收管理法 第十六条",
    "scope": "cancelled enterprises",
    "from": "2026-12-01",
    "until": "2027-11-30",
}
PUBLIC = {"kind": "public_request", "title": "路灯", "text": "where the street lamps are", "about": "city.lamps"}


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return load_catalogue(workspace(tmp_path_factory.mktemp("pages") / "harbour"))


@pytest.fixture
def asked(portal: Portal, harbour: Catalogue) -> Portal:
    """A portal of a city with two departments and one entity."""
    portal.city.catalogue = replace(harbour, persons={}, demonstration=False)
    return portal


@pytest.fixture
def hands(asked: Portal, tmp_path: Path) -> Hands:
    return Hands(asked, tmp_path)


class Hands:
    """The persons of the city at their browsers, with keys of their own."""

    def __init__(self, portal: Portal, folder: Path) -> None:
        self.portal, self._folder = portal, folder
        self.browsers = {name: self.sign_in(name, _grant(name)) for name in ROLES}

    def sign_in(self, name: str, *roles: RoleGrant) -> dict[str, str]:
        pem = self._signer(name).public.pem.decode()
        key = "".join(line for line in pem.splitlines() if not line.startswith("-"))
        return {**self.portal.sign_in(name, *roles, keys=[key]), "Accept": "text/html"}

    def _signer(self, name: str) -> Signer:
        return signer_in(self._folder / name)

    def file(self, **changes: str) -> str:
        """The address of a new case."""
        answer = self.portal.post("/requests/new", {**FORM, **changes}, self.browsers[ANNA])
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def see(self, who: str, path: str) -> httpx.Response:
        return self.portal.ask("GET", path, headers=self.browsers[who])

    def do(self, who: str, path: str, doing: str, **more: str) -> httpx.Response:
        over = re.findall(r'name="over" value="(\w+)"', self.see(who, path).text)
        form = {"over": over[0] if over else "", "words": "because", **more}
        return self.portal.post(f"{path}/{doing}", form, self.browsers[who])

    def approve(self, who: str, path: str, **changes: Any) -> httpx.Response:
        page = self.see(who, path).text
        hidden = dict(re.findall(r'<input type="hidden" name="(csrf|over)" value="([^"]*)">', page))
        statements = re.findall(r"<textarea data-statement[^>]*>(.*?)</textarea>", page, re.S)
        assert statements, page
        act = replace(read_statement(html.unescape(statements[0]).encode()), words="agreed", **changes)
        files = {"signed": ("signed.json", sign_act(act, self._signer(who)))}
        headers = {**self.browsers[who], "Origin": "http://portal"}
        return self.portal.ask("POST", f"{path}/approve", data=hidden, files=files, headers=headers)

    def case(self, path: str) -> Case:
        persons = Persons.of(self.portal.city.settings, self.portal.people.declared.now())
        return Book(self.portal.city.ledger, persons).expect(path.rpartition("/")[2])


def _grant(name: str) -> RoleGrant:
    told = ROLES[name]
    return RoleGrant(Role(told["role"]), *ALWAYS, told.get("department", ""), told.get("agency", ""))


def test_a_request_from_the_catalogue_to_the_bureaus_approval(hands: Hands) -> None:
    form = hands.see(ANNA, "/requests/new?resource=market_regulation.enterprises")
    assert form.status_code == 200 and 'name="column.status"' in form.text and ">taxation<" in form.text
    path = hands.file()
    page = hands.see(ANNA, path)
    assert page.status_code == 200 and "核对&lt;注销&gt;企业" in page.text and "<注销>" not in page.text
    assert hands.case(path).asked.columns == {"credit_code": "know the enterprise", "status": "see who has gone"}
    assert hands.do(MEI, path, "question").status_code == 303
    assert "stopped since then" in hands.see(MEI, path).text
    answer = hands.see(ANNA, f"{path}/answer")
    assert answer.status_code == 200 and 'value="tax_clearance"' in answer.text
    told = {**FORM, "words": "so it is,\r\nin two lines", "purpose": "settle\r\ntaxes", "column.phone": "call them"}
    assert hands.portal.post(f"{path}/answer", told, hands.browsers[ANNA]).status_code == 303
    asked, answer = hands.case(path).asked, hands.case(path).steps[-1]
    assert "phone" in asked.columns and (asked.purpose, answer.words) == ("settle\ntaxes", "so it is,\nin two lines")
    assert hands.approve(MEI, path).status_code == 303
    assert f"✓ {MEI}" in hands.see(ANNA, path).text
    assert hands.approve(BAO, path).status_code == 303
    case = hands.case(path)
    assert (case.state, case.agreement, case.ignored) == (State.DRAFTED, "taxation__tax_clearance", ())
    assert "zhongtai cases draft" in hands.see(BAO, path).text
    assert hands.portal.city.ledger.verify() == []


def test_what_is_wrong_with_a_form_is_told_and_nothing_of_it_is_lost(hands: Hands) -> None:
    wrong = {**FORM, "code": "Tax Clearance", "until": "never", "column.status": ""}
    answer = hands.portal.post("/requests/new", wrong, hands.browsers[ANNA])
    assert answer.status_code == 400 and 'value="税收征收管理法 第十六条"' in answer.text
    assert "code of the purpose" in answer.text and "last day" in answer.text
    other = hands.portal.post("/requests/new", {**FORM, "agency": "market_regulation"}, hands.browsers[ANNA])
    assert other.status_code == 400 and "may not ask for market_regulation" in other.text
    gone = hands.portal.post("/requests/new", {**FORM, "resource": "market_regulation.gone"}, hands.browsers[ANNA])
    assert gone.status_code == 400 and "There is no such resource" in gone.text
    assert FORM["scope"] in gone.text and FORM["column.status"] in gone.text and "<code>csrf<" not in gone.text
    assert hands.portal.post("/requests/new", FORM, hands.browsers[MEI]).status_code == 403
    assert list(hands.portal.city.ledger.entries("case")) == []


def test_the_same_again_leads_to_the_case_and_is_filed_once_that_is_over(hands: Hands) -> None:
    path = hands.file()
    again = hands.portal.post("/requests/new", FORM, hands.browsers[ANNA])
    assert again.status_code == 409 and f'href="{path}"' in again.text and "cancelled enterprises" in again.text
    assert hands.do(ANNA, path, "withdraw").status_code == 303
    other = hands.file()
    assert other != path and hands.case(other).state is State.FILED
    past = hands.portal.post(
        "/requests/new", {**FORM, "from": "2026-01-01", "until": "2026-01-02"}, hands.browsers[ANNA]
    )
    assert past.status_code == 400 and "last day" in past.text and "cancelled enterprises" in past.text


def test_words_that_are_refused_are_shown_again_and_the_refusal_is_on_the_record(hands: Hands) -> None:
    path, written = hands.file(), "a long question about <everything>"
    refused = {"over": "f" * 64}, {"words": f"{written}\u200b"}
    for more in refused:
        answer = hands.do(MEI, path, "question", **{"words": written, **more})
        assert answer.status_code in (403, 409) and "It was not taken" in answer.text
        assert answer.text.count("a long question about &lt;everything&gt;") == 2
    told = [one.body for one in hands.portal.city.ledger.entries("account") if one.body.get("what") == "refused"]
    assert [(one["person"], one["status"], one["path"]) for one in told] == [
        (MEI, status, f"{path}/question") for status in (409, 403)
    ]
    approving = hands.do(MEI, path, "approve", words=written)
    assert approving.status_code == 400 and "a long question about" in approving.text  # nothing was signed
    assert len(hands.case(path).steps) == 1
    filed = hands.portal.post("/requests/new", PUBLIC)
    (link,) = set(re.findall(r"http://portal(/requests/follow/[\w-]+)", filed.text))
    answer = hands.portal.post(f"{link}/answer", {"words": written})
    assert answer.status_code == 403 and "a long question about" in answer.text


def test_what_is_not_yours_is_not_there(hands: Hands) -> None:
    path = hands.file()
    other = hands.portal.sign_in("dora@harbour.example", RoleGrant(Role.APPLICANT, *ALWAYS, agency="other"))
    hands.browsers["dora"] = {**other, "Accept": "text/html"}
    nobody = "/requests/R20260101-0000000000"
    for who in (TAO, "dora"):
        there, none = hands.see(who, path), hands.see(who, nobody)
        assert there.status_code == none.status_code == 404 and there.text == none.text
        assert path not in hands.see(who, "/requests").text
        for doing in ("question", "approve", "answer", "refuse", "withdraw", "fly"):
            tried = [hands.portal.post(f"{one}/{doing}", {"words": "x"}, hands.browsers[who]) for one in (path, nobody)]
            assert {one.status_code for one in tried} == {404} and tried[0].text == tried[1].text
    for who in (ANNA, MEI, BAO):
        assert path in hands.see(who, "/requests").text and hands.see(who, path).status_code == 200
    for one in (path, nobody):
        assert hands.portal.ask("GET", one).headers["location"].startswith("/sign-in")
    assert hands.case(path).state is State.FILED


def test_nobody_does_what_is_not_theirs_to_do(hands: Hands) -> None:
    path = hands.file()
    assert 'action="' + path + '/refuse"' not in hands.see(ANNA, path).text
    shown = {"over": hands.case(path).asked.digest}
    for who, doing, status in (
        (ANNA, "refuse", 403),
        (ANNA, "question", 403),
        (BAO, "withdraw", 403),
        (MEI, "fly", 404),
    ):
        assert hands.do(who, path, doing, ground="no_duty", **shown).status_code == status
    assert hands.portal.post(f"{path}/approve", shown, hands.browsers[BAO]).status_code == 403
    assert hands.do(MEI, path, "refuse", ground="because").status_code == 403
    assert hands.do(MEI, path, "refuse", ground="no_duty", words=" ").status_code == 403
    assert hands.do(MEI, path, "refuse", ground="no_duty", over="f" * 64).status_code == 409
    forged = hands.portal.ask("POST", f"{path}/withdraw", data=shown, headers=hands.browsers[ANNA])
    assert forged.status_code == 403
    assert len(hands.case(path).steps) == 1 and hands.case(path).ignored == ()


def test_an_approval_is_this_persons_over_this(hands: Hands) -> None:
    path = hands.file()
    assert hands.approve(MEI, path, seen={"text": "f" * 64}).status_code == 409
    assert hands.approve(MEI, path, role=Role.OFFICER).status_code == 403
    assert list(hands.portal.city.ledger.entries("act")) == []
    assert hands.approve(MEI, path).status_code == 303 and hands.case(path).state is State.DEPARTMENT_APPROVED


def test_an_approval_that_lost_a_race_is_told(hands: Hands) -> None:
    """The same act, sent twice at once and looked at by both before either was there: one counts for nothing."""
    path = hands.file()
    assert hands.approve(MEI, path).status_code == 303
    (entry,) = hands.portal.city.ledger.entries("act")
    with pytest.raises(Refused, match="counts for nothing: the same was said before") as refused:
        asyncio.run(Desk(hands.portal.people).sign(path.rpartition("/")[2], str(entry.body["act"]).encode()))
    assert refused.value.status == 409 and len(hands.case(path).steps) == 2


def test_who_is_owner_and_officer_signs_as_the_one_that_is_waited_for(hands: Hands) -> None:
    eve = "eve@harbour.example"
    roles = (RoleGrant(Role.OWNER, *ALWAYS, "market_regulation"), RoleGrant(Role.OFFICER, *ALWAYS))
    hands.browsers[eve] = hands.sign_in(eve, *roles)
    path, other = hands.file(), hands.file(scope="others")
    assert hands.approve(MEI, path).status_code == 303 and hands.approve(eve, path).status_code == 303
    assert [(one.person, str(one.seat)) for one in hands.case(path).acts] == [(MEI, "owner"), (eve, "officer")]
    assert hands.approve(eve, other).status_code == 303
    assert f'action="{other}/approve"' not in hands.see(eve, other).text  # not for the bureau as well
    assert hands.case(other).state is State.DEPARTMENT_APPROVED


def test_a_refusal_is_objected_to_and_taken_up_again_by_another(hands: Hands) -> None:
    path = hands.file()
    assert hands.do(BAO, path, "refuse", ground="no_duty").status_code == 303
    page = hands.see(ANNA, path).text
    assert "与申请部门履行职责无关" in page
    assert hands.do(ANNA, path, "object").status_code == 303
    assert hands.do(BAO, path, "reopen", over=hands.case(path).asked.digest).status_code == 403
    assert hands.do(CHEN, path, "reopen").status_code == 303
    assert hands.do(ANNA, path, "withdraw").status_code == 303 and hands.case(path).state is State.WITHDRAWN


def test_an_objection_that_nobody_can_decide_says_so(hands: Hands) -> None:
    path = hands.file()
    assert hands.do(MEI, path, "refuse", ground="no_duty").status_code == 303
    assert hands.do(ANNA, path, "object").status_code == 303
    del hands.portal.persons[CHEN]
    hands.browsers[BAO] = hands.sign_in(BAO, _grant(BAO))  # now the only officer
    assert "Nobody can decide" not in hands.see(ANNA, path).text
    assert hands.do(BAO, path, "refuse", ground="no_duty").status_code == 303
    assert hands.do(ANNA, path, "object").status_code == 303
    for who in (ANNA, BAO):
        assert "Nobody can decide" in hands.see(who, path).text
    hands.browsers[CHEN] = hands.sign_in(CHEN, _grant(CHEN))
    assert "Nobody can decide" not in hands.see(ANNA, path).text
    assert hands.do(CHEN, path, "reopen").status_code == 303 and hands.case(path).state is State.FILED


def test_what_is_overdue_is_told_on_the_day_and_found(hands: Hands) -> None:
    path = hands.file()
    assert path not in hands.see(BAO, "/requests?overdue=1").text
    hands.portal.clock.pass_by(days=20)
    hands.browsers = {name: {**hands.portal.begin(name), "Accept": "text/html"} for name in hands.browsers}
    for query in ("overdue=1", "state=overdue", "state=filed", "department=market_regulation", "agency=taxation"):
        page = hands.see(BAO, f"/requests?{query}").text
        assert path in page and "escalated" in page and "overdue by" in page
    for query in ("state=released", "department=taxation", "agency=other", "state=lost&department=x"):
        assert path not in hands.see(BAO, f"/requests?{query}").text
    assert len([one for one in hands.case(path).steps if one.deadline]) == 1


def test_the_first_page_has_what_is_due_first_and_the_list_has_all(hands: Hands) -> None:
    """Ten of fourteen: those that are overdue, then by their last days, whatever their numbers are."""
    paths = []
    for number in range(14):
        paths.append(hands.file(scope=str(number)))
        if number in (0, 3):
            assert hands.do(MEI, paths[number], "question").status_code == 303
        hands.portal.clock.pass_by(days=2)
        hands.browsers = {name: {**hands.portal.begin(name), "Accept": "text/html"} for name in hands.browsers}
    answer = {**FORM, "scope": "0", "words": "so it is"}
    assert hands.portal.post(f"{paths[0]}/answer", answer, hands.browsers[ANNA]).status_code == 303
    waiting = [*paths[1:3], *paths[4:], paths[0]]  # whose clock stood all the time
    found = r'href="(/requests/R[^"]+)"'
    page = hands.see(MEI, "/").text
    assert re.findall(found, page) == waiting[:10] and "and 3 more" in page and "overdue by" in page
    assert re.findall(found, hands.see(MEI, "/requests?waiting=1").text) == waiting
    assert re.findall(found, hands.see(ANNA, "/").text) == [paths[3]]
    assert hands.do(BAO, paths[5], "refuse", ground="no_duty").status_code == 303
    assert hands.do(ANNA, paths[5], "object").status_code == 303
    assert re.findall(found, hands.see(CHEN, "/").text) == [paths[5]] and not re.findall(
        found, hands.see(BAO, "/").text
    )


def test_the_public_asks_follows_and_answers_by_a_link(hands: Hands) -> None:
    filed = hands.portal.post("/requests/new", PUBLIC)
    assert filed.status_code == 201 and filed.headers["cache-control"] == "no-store"
    (link,) = set(re.findall(r"http://portal(/requests/follow/[\w-]+)", filed.text))
    (number,) = re.findall(r"P\d{8}-\w{10}", filed.text)
    assert link.rpartition("/")[2] not in str([entry.body for entry in hands.portal.city.ledger.entries()])
    path = f"/requests/{number}"
    assert hands.portal.ask("GET", link).status_code == 200
    assert hands.see(BAO, path).status_code == 200 and hands.see(MEI, path).status_code == 404
    assert hands.do(BAO, path, "question", words="which part of town?").status_code == 303
    page = hands.portal.ask("GET", link).text
    assert "which part of town?" in page and BAO not in page
    assert hands.portal.post(f"{link}/answer", {"words": "the harbour"}).status_code == 303
    assert hands.portal.post(f"{link}/answer", {"words": "again"}).status_code == 403
    assert hands.approve(BAO, path).status_code == 303
    case = hands.case(path)
    assert (case.state, case.agreement) == (State.BUREAU_APPROVED, "")
    wrong = [hands.portal.ask("GET", f"/requests/follow/{one}") for one in ("x", number, "A" * 43)]
    assert {one.status_code for one in wrong} == {404}
    assert hands.portal.post("/requests/follow/x/answer", {"words": "the harbour"}).status_code == 404
    assert hands.portal.post(f"{link}/approve", {"words": "me"}).status_code == 404


def test_nobody_fills_the_ledger_by_knocking(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.requests.visitors.MOST_A_DAY", 7)
    long = hands.portal.post("/requests/new", {**PUBLIC, "text": "x" * 2001})
    assert long.status_code == 400
    for number in range(5):
        assert hands.portal.post("/requests/new", {**PUBLIC, "title": str(number)}).status_code == 201
    full = hands.portal.post("/requests/new", PUBLIC)
    assert full.status_code == 429 and PUBLIC["text"] in full.text  # what was written is not lost
    told = {"data": PUBLIC, "headers": {"Origin": "http://portal"}}
    others = [hands.portal.ask("POST", "/requests/new", address=f"10.0.0.{n}", **told).status_code for n in range(4)]
    assert others == [201, 201, 429, 429]
    assert len(list(hands.portal.city.ledger.entries("case"))) == 7
    hands.portal.clock.pass_by(**{"days": timedelta(days=1).days})
    assert hands.portal.post("/requests/new", PUBLIC).status_code == 201


def test_bytes_that_are_no_text_are_not_kept_for_good(hands: Hands) -> None:
    headers = {"Origin": "http://portal", "Content-Type": "application/x-www-form-urlencoded"}
    for place in (b"title=%C2%B7%CE%CA&text=x", b"title=x&text=%FF%FE"):
        answer = hands.portal.ask("POST", "/requests/new", content=b"kind=objection&" + place, headers=headers)
        assert answer.status_code == 400
    assert list(hands.portal.city.ledger.entries("case")) == []


def test_visitors_find_how_to_ask(hands: Hands) -> None:
    page = hands.portal.ask("GET", "/requests")
    assert page.status_code == 200 and "/requests/new?kind=registration" in page.text
    form = hands.portal.ask("GET", "/requests/new?kind=registration&resource=product.lamps")
    assert '<option value="registration" selected' in form.text and 'value="product.lamps"' in form.text
    assert hands.portal.post("/requests/new", {**PUBLIC, "kind": "request"}).status_code == 400
    assert hands.portal.post("/requests/new", FORM).headers["location"].startswith("/sign-in")
    assert list(hands.portal.city.ledger.entries("case")) == []
