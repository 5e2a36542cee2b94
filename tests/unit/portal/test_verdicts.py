"""Pages of agreements: whom they are for, and acts in them: signed by a person's key, over exactly what is shown."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.acts import Role, RoleGrant
from contracts.model import Agreement
from lake.acts import Acts, Persons
from portal.following import Following
from sharing.acts import read_statement, sign_act
from sharing.canonical import agreement_digest
from sharing.keys import Signer
from sharing.release import current_release
from tests.keys import signer_in
from tests.unit.gates import cases
from tests.unit.gates.overrides import overridden
from tests.unit.portal.conftest import RECIPIENT, Portal

ANNA, BORIS = "anna@city.example", "boris@city.example"
NAME = cases.agreement().name
PAGE = f"/releases/{NAME}"
ALWAYS = (date(2026, 1, 1), date(2028, 12, 31))
OFFICER = RoleGrant(Role.OFFICER, *ALWAYS)
CITY = "city: city\ntitle: {{zh: {}, en: A City}}\ndeliveries: deliveries\n"
DEPARTMENTS = "departments: {a: {title: {zh: 甲局, en: A}, code: x, owner: a@city.example}}\n"
FAULT = {"gate": "level", "rule": "ceiling", "subject": "product.x", "message": "L4 is above L3", "fix": "leave it out"}


@pytest.fixture
def agreed(portal: Portal) -> Portal:
    """A portal of a city with one agreement that asks for two approvals, judged once."""
    terms = replace(portal.city.catalogue.agreements[NAME], approvals=(ANNA, BORIS), declassifiers=())
    portal.city.catalogue = replace(portal.city.catalogue, agreements={NAME: terms})
    judge(portal)
    return portal


def agreement(portal: Portal) -> Agreement:
    return portal.city.agreements[NAME]


def judge(portal: Portal, **changes: str) -> None:
    dossier = {"agreement": agreement_digest(agreement(portal)), "model": "b" * 64} | changes
    evidence = cases.evidence().as_dict() | {"acts": {"dossier": dossier}}
    body = {"agreement": NAME, "verdict": "withheld", "rows": 3, "violations": [FAULT], "evidence": evidence}
    portal.city.ledger.append("verdict", body, portal.clock.now())


def signs_in(portal: Portal, name: str, folder: Path, *roles: RoleGrant) -> tuple[dict[str, str], Signer]:
    signer = signer_in(folder)
    key = "".join(line for line in signer.public.pem.decode().splitlines() if not line.startswith("-"))
    return portal.sign_in(name, *(roles or (OFFICER,)), keys=[key]), signer


def fields(page: httpx.Response, form: str) -> dict[str, str]:
    """The hidden fields of a form of a page, and the statement that it has signed."""
    (inner,) = re.findall(rf'<form method="post" action="{PAGE}/{form}".*?</form>', page.text, re.S)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', inner))
    (statement,) = re.findall(r"<textarea data-statement[^>]*>(.*?)</textarea>", inner, re.S)
    return {**hidden, "statement": html.unescape(statement)}


def send(portal: Portal, form: str, told: dict[str, str], data: bytes, browser: dict[str, str]) -> httpx.Response:
    """A form with a signed file, as a browser sends it."""
    texts = {name: value for name, value in told.items() if name != "statement"}
    files = {"signed": ("signed.json", data)}
    headers = {**browser, "Origin": "http://portal"}
    return portal.ask("POST", f"{PAGE}/{form}", data=texts, files=files, headers=headers)


def signed(told: dict[str, str], signer: Signer, words: str = "looks right", **changes: Any) -> bytes:
    act = read_statement(told["statement"].encode())
    return sign_act(replace(act, words=words, **changes), signer)


def counted(portal: Portal) -> list[str]:
    """Who has approved what there is, by the gates' own reading of the ledger."""
    entry = portal.city.ledger.latest("verdict", NAME)
    assert entry is not None
    dossier = entry.body["evidence"]["acts"]["dossier"]
    persons = Persons.of(portal.city.settings, portal.people.declared.now())
    found = Acts(portal.city.ledger, persons).evidence(agreement(portal), dossier)
    return [one.person for one in found.approvals if one.counts]


def test_an_approval_is_over_what_is_shown_by_the_persons_own_key(agreed: Portal, tmp_path: Path) -> None:
    browser, signer = signs_in(agreed, ANNA, tmp_path / "anna")
    page = agreed.ask("GET", PAGE, headers=browser)
    assert page.status_code == 200 and "L4 is above L3" in page.text and "leave it out" in page.text
    told = fields(page, "approve")
    assert send(agreed, "approve", told, signed(told, signer), browser).status_code == 303
    assert counted(agreed) == [ANNA]
    page = agreed.ask("GET", PAGE, headers=browser)
    assert "has signed this" in page.text and f'action="{PAGE}/approve"' not in page.text
    judge(agreed, model="f" * 64)
    assert counted(agreed) == [] and "changed since: model" in agreed.ask("GET", PAGE, headers=browser).text


def test_the_pages_own_signature_counts_as_a_file_does(agreed: Portal, tmp_path: Path) -> None:
    browser, signer = signs_in(agreed, ANNA, tmp_path / "anna")
    told = fields(agreed.ask("GET", PAGE, headers=browser), "approve")
    envelope = json.loads(signed(told, signer))
    (signature,) = envelope["signatures"]
    parts = {"payload": envelope["payload"], "signature": signature["sig"], "key_id": signature["keyid"]}
    form = {**told, **parts}
    assert agreed.post(f"{PAGE}/approve", form, browser).status_code == 303
    assert counted(agreed) == [ANNA]


@pytest.mark.parametrize(
    ("case", "status"),
    [
        ("no act", 400),
        ("other words", 409),
        ("nothing", 400),
        ("another's key", 403),
        ("another deed", 409),
        ("another's name", 409),
        ("other parts", 409),
    ],
)
def test_what_is_not_this_persons_word_over_this_is_refused(
    agreed: Portal, tmp_path: Path, case: str, status: int
) -> None:
    _, other = signs_in(agreed, BORIS, tmp_path / "boris")
    browser, signer = signs_in(agreed, ANNA, tmp_path / "anna")
    told = fields(agreed.ask("GET", PAGE, headers=browser), "approve")
    if case == "other words":
        told["words"] = "for one month alone"
    data = {
        "no act": b"[]",
        "other words": signed(told, signer),
        "nothing": b"",
        "another's key": signed(told, other),
        "another deed": signed(fields(agreed.ask("GET", PAGE, headers=browser), "stop"), signer),
        "another's name": signed(told, other, person=BORIS),
        "other parts": signed(told, signer, seen={"agreement": "f" * 64, "model": "b" * 64}),
    }[case]
    assert send(agreed, "approve", told, data, browser).status_code == status
    assert counted(agreed) == [] and not list(agreed.city.ledger.entries("act"))


def test_a_signature_is_good_once_and_for_what_was_judged_then(agreed: Portal, tmp_path: Path) -> None:
    browser, signer = signs_in(agreed, ANNA, tmp_path / "anna")
    told = fields(agreed.ask("GET", PAGE, headers=browser), "approve")
    data = signed(told, signer)
    judge(agreed, model="f" * 64)
    assert send(agreed, "approve", told, data, browser).status_code == 409
    told = fields(agreed.ask("GET", PAGE, headers=browser), "approve")
    data = signed(told, signer)
    assert send(agreed, "approve", told, data, browser).status_code == 303
    assert send(agreed, "approve", told, data, browser).status_code == 409, "another act came between: this one"


def test_who_is_not_named_sees_it_and_approves_nothing(agreed: Portal, tmp_path: Path) -> None:
    browser, signer = signs_in(agreed, "chen@city.example", tmp_path / "chen")
    page = agreed.ask("GET", PAGE, headers=browser)
    assert page.status_code == 200 and f'action="{PAGE}/approve"' not in page.text
    told = {**fields(page, "stop"), "over": "x"}
    assert send(agreed, "approve", told, signed(told, signer), browser).status_code == 409


def test_a_stop_withdraws_at_once_and_wants_a_reason(agreed: Portal, tmp_path: Path) -> None:
    agreed.publish(agreement=agreement(agreed))
    browser, signer = signs_in(agreed, ANNA, tmp_path / "anna")
    told = fields(agreed.ask("GET", PAGE, headers=browser), "stop")
    assert send(agreed, "stop", told, signed(told, signer, " "), browser).status_code == 400
    assert current_release(agreed.city.settings.releases, NAME) is not None
    assert send(agreed, "stop", told, signed(told, signer, "wrong rows"), browser).status_code == 303
    assert current_release(agreed.city.settings.releases, NAME) is None
    assert "stopped: wrong rows" in agreed.ask("GET", PAGE, headers=browser).text


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        (RoleGrant(Role.AUDITOR, *ALWAYS), True),
        (RoleGrant(Role.APPLICANT, *ALWAYS, agency=RECIPIENT), True),
        (RoleGrant(Role.APPLICANT, *ALWAYS, agency="another"), False),
        (RoleGrant(Role.OWNER, *ALWAYS), True),
        (RoleGrant(Role.OWNER, *ALWAYS, department="another"), False),
        (RoleGrant(Role.ENGINEER, *ALWAYS), False),
    ],
)
def test_whom_it_does_not_concern_learns_nothing(agreed: Portal, role: RoleGrant, sees: bool) -> None:
    browser = {**agreed.sign_in(ANNA, role), "Accept": "text/html"}
    page, other = (agreed.ask("GET", f"/releases/{name}", headers=browser) for name in (NAME, "none__such"))
    assert page.status_code == (200 if sees else 404) and other.status_code == 404
    assert sees or page.text.replace(NAME, "") == other.text.replace("none__such", "")
    assert (NAME in agreed.ask("GET", "/releases", headers=browser).text) == sees


def test_a_visitor_is_sent_to_sign_in_and_an_applicant_audits_nothing(agreed: Portal) -> None:
    assert agreed.ask("GET", PAGE).headers["location"] == f"/sign-in?next=%2Freleases%2F{NAME}"
    browser = agreed.sign_in(ANNA, RoleGrant(Role.APPLICANT, *ALWAYS, agency=RECIPIENT))
    for path in ("/audit", "/audit/entitlements"):
        assert agreed.ask("GET", path, headers=browser).status_code == 403
    assert agreed.post("/audit/chain", {"x": "y"}, browser).status_code == 403


def test_the_auditor_sees_what_happened_and_that_the_chain_holds(agreed: Portal) -> None:
    agreed.grant()
    browser = agreed.sign_in(ANNA, RoleGrant(Role.AUDITOR, *ALWAYS))
    page = agreed.ask("GET", "/audit?kind=grant", headers=browser)
    assert page.status_code == 200 and RECIPIENT in page.text
    assert "The chain holds" in agreed.post("/audit/chain", {"x": "y"}, browser).text
    assert NAME in agreed.ask("GET", "/audit/entitlements?level=L1", headers=browser).text
    assert agreed.ask("GET", "/audit?kind=sql", headers=browser).status_code == 400
    for number in range(120):
        agreed.city.ledger.append("read", {"recipient": f"r{number}.", "what": "query"}, agreed.clock.now())
    pages = [agreed.ask("GET", f"/audit?kind=read&page={page}", headers=browser).text for page in (1, 2)]
    assert "120 in all, page 1 of 2" in pages[0] and "Older" in pages[0] and "Older" not in pages[1]
    assert "r119." in pages[0] and "r0." not in pages[0] and "r0." in pages[1]


def test_an_applicant_makes_and_ends_tokens_of_the_own_agency_alone(agreed: Portal) -> None:
    release = agreed.publish(agreement=agreement(agreed))
    browser = agreed.sign_in(ANNA, RoleGrant(Role.APPLICANT, *ALWAYS, agency=RECIPIENT))
    form = {"agency": RECIPIENT, "days": "30", "networks": "127.0.0.0/8, 10.1.0.0/16"}
    answer = agreed.post("/me/tokens", form, browser)
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    token = {"Authorization": f"Bearer {answer.json()['bearerToken']}"}
    assert agreed.ask("GET", "/delta-sharing/shares", headers=token).status_code == 200 and release
    (grant,) = agreed.city.grants().values()
    assert (
        grant.networks == ("127.0.0.0/8", "10.1.0.0/16") and "token" in agreed.ask("GET", "/me", headers=browser).text
    )
    assert agreed.post("/me/tokens", {**form, "kind": "x"}, browser).status_code == 400
    assert grant.by == ANNA and grant.token in agreed.ask("GET", "/me", headers=browser).text
    assert agreed.post("/me/tokens", {"agency": "another", "days": "30"}, browser).status_code == 403
    assert agreed.post("/me/tokens", {"agency": RECIPIENT, "days": "9999"}, browser).status_code == 400
    other = agreed.sign_in(BORIS, RoleGrant(Role.APPLICANT, *ALWAYS, agency="another"))
    assert agreed.post(f"/me/tokens/{grant.token}/end", {"x": "y"}, other).status_code == 404
    assert agreed.post(f"/me/tokens/{grant.token}/end", {"x": "y"}, browser).status_code == 303
    assert agreed.ask("GET", "/delta-sharing/shares", headers=token).status_code == 401
    assert len(list(agreed.city.ledger.entries("grant"))) == 2


def test_what_was_signed_and_counts_for_nothing_is_told_and_asked_for_again(agreed: Portal, tmp_path: Path) -> None:
    browser, signer = signs_in(agreed, ANNA, tmp_path / "anna")
    told = fields(agreed.ask("GET", PAGE, headers=browser), "approve")
    assert send(agreed, "approve", told, signed(told, signer), browser).status_code == 303
    browser, _ = signs_in(agreed, ANNA, tmp_path / "another key of hers")
    page = agreed.ask("GET", PAGE, headers=browser)
    assert counted(agreed) == [] and "counts for nothing" in page.text and "has signed this" not in page.text
    assert f'action="{PAGE}/approve"' in page.text


def test_a_stopped_agreement_says_so_first(agreed: Portal, tmp_path: Path) -> None:
    browser, signer = signs_in(agreed, ANNA, tmp_path / "anna")
    told = fields(agreed.ask("GET", PAGE, headers=browser), "stop")
    assert send(agreed, "stop", told, signed(told, signer, "wrong rows"), browser).status_code == 303
    page = agreed.ask("GET", PAGE, headers=browser).text
    assert "It is stopped: wrong rows" in page and "Every gate let it pass" not in page


def test_what_is_past_its_term_is_current_nowhere(portal: Portal) -> None:
    last = portal.publish().last_day
    body = {"agreement": NAME, "verdict": "released", "rows": 3, "violations": []}
    portal.city.ledger.append("verdict", {**body, "evidence": cases.evidence().as_dict()}, portal.clock.now())
    assert last is not None
    while portal.clock.now().date() <= last:
        boris = portal.sign_in(BORIS, OFFICER)
        told = portal.ask("GET", PAGE, headers=boris).text, portal.ask("GET", "/", headers=boris).text
        assert "Every gate let it pass." in told[0] and "1 在用" in told[1]
        portal.clock.pass_by(days=(last - portal.clock.now().date()).days or 1)
    boris = portal.sign_in(BORIS, OFFICER)
    page = portal.ask("GET", PAGE, headers=boris).text
    assert f"It ended on {last}" in page and "Every gate let it pass." not in page
    assert "0 在用" in portal.ask("GET", "/", headers=boris).text


def test_declarations_are_followed_while_it_serves(portal: Portal) -> None:
    workspace = portal.city.settings.workspace
    (workspace / "contracts" / "departments").mkdir(parents=True)
    (workspace / "contracts" / "departments" / "departments.yml").write_text(DEPARTMENTS, encoding="utf-8")
    (workspace / "zhongtai.yml").write_text(CITY.format("某市"), encoding="utf-8")
    following = Following(portal.city)
    (workspace / "zhongtai.yml").write_text(CITY.format("另一市 "), encoding="utf-8")
    following.look()
    assert portal.city.catalogue.title_zh == "某市", "it may still be being written"
    following.look()
    assert portal.city.catalogue.title_zh == "另一市" and portal.city.unreadable == ""
    (workspace / "zhongtai.yml").write_text("city: [", encoding="utf-8")
    following.look()
    following.look()
    assert portal.city.catalogue.title_zh == "另一市" and "zhongtai plan" in portal.city.unreadable
    assert portal.city.unreadable.startswith("zhongtai.yml:")
    # A suite is a declaration like any other, and a weight is one, too.
    quality = "quality: {weights: {accuracy: 2, timeliness: 1}}\n"
    (workspace / "zhongtai.yml").write_text(CITY.format("另一市") + quality, encoding="utf-8")
    suites = workspace / "contracts" / "suites"
    suites.mkdir()
    (suites / "theme.nothing.json").write_text("{}", encoding="utf-8")
    following.look()
    following.look()
    assert "theme.nothing.json" in portal.city.unreadable
    (suites / "theme.nothing.json").unlink()
    following.look()
    following.look()
    assert portal.city.unreadable == "" and portal.city.catalogue.weights.of("accuracy") == 2


def withheld(portal: Portal, **check: int) -> None:
    """The product is withheld for a check that failed."""
    facts = overridden(**check)
    body = {"agreement": NAME, "product": cases.agreement().product, "verdict": "withheld", "violations": []}
    portal.city.ledger.append("verdict", {**body, "rows": 20, "evidence": facts.as_dict()}, portal.clock.now())


def test_an_override_is_asked_by_one_and_confirmed_by_another(portal: Portal) -> None:
    withheld(portal)
    workspace = portal.city.settings.workspace
    (workspace / "zhongtai.yml").write_text(CITY.format("某市") + "demonstration: true\n", encoding="utf-8")
    anna = portal.sign_in("anna@city.example", RoleGrant(Role.STEWARD, *ALWAYS), RoleGrant(Role.OFFICER, *ALWAYS))
    boris = portal.sign_in("boris@city.example", RoleGrant(Role.OFFICER, *ALWAYS))
    carla = portal.sign_in("carla@x.example", RoleGrant(Role.STEWARD, *ALWAYS, department="nobody"))
    path = f"/releases/{NAME}"
    assert "4 / 100" in portal.ask("GET", path, headers=anna).text
    assert "申请放行" not in portal.ask("GET", path, headers=boris).text
    assert 'name="until" value="2026-06-10"' in portal.ask("GET", f"{path}?until=2026-06-10", headers=anna).text
    assert "working days" in portal.ask("GET", f"{path}?until=2027-06-10", headers=anna).text
    asked = {"until": "2026-06-10", "words": "mended next week"}
    shown = portal.ask("GET", f"{path}?until=2026-06-10", headers=anna).text
    asked |= {"terms": re.findall(r'name="terms" value="(\w{64})"', shown)[0]}
    assert portal.post(f"{path}/override", asked, carla).status_code == 404
    assert portal.post(f"{path}/override", asked, boris).status_code == 403
    assert portal.post(f"{path}/override", {**asked, "words": " "}, anna).status_code == 400
    assert portal.post(f"{path}/override", {**asked, "until": "2027-06-10"}, anna).status_code == 409
    assert portal.post(f"{path}/override", {**asked, "terms": ""}, anna).status_code == 409
    withheld(portal, failing_rows=7)
    answer = portal.post(f"{path}/override", asked, anna)
    assert answer.status_code == 409 and not [*portal.city.ledger.entries("act")], "7 rows fail now, 4 were shown"
    withheld(portal)
    assert portal.post(f"{path}/override", asked, anna).status_code == 303
    (act,) = portal.city.ledger.entries("act")
    number = {"override": str(act.body["digest"]), "words": "agreed"}
    assert portal.post(f"{path}/override/confirm", number, anna).status_code == 403
    assert portal.post(f"{path}/override/confirm", {**number, "override": "0" * 64}, boris).status_code == 404
    assert "未生效" in portal.ask("GET", path, headers=boris).text
    asks = "confirm an override"
    assert asks in portal.ask("GET", "/", headers=boris).text
    assert asks not in portal.ask("GET", "/", headers=anna).text, "one person does not do both"
    assert portal.post(f"{path}/override/confirm", number, boris).status_code == 303
    assert asks not in portal.ask("GET", "/", headers=boris).text
    assert "将于 2026-06-10 到期" in portal.ask("GET", "/", headers=anna).text
    assert "生效中，至 2026-06-10" in portal.ask("GET", path, headers=anna).text
    assert portal.post(f"{path}/override/end", {**number, "words": "it burns"}, boris).status_code == 303
    assert "it burns" in portal.ask("GET", path, headers=anna).text
    again = portal.post(f"{path}/override/end", {**number, "words": "once more"}, anna)
    assert again.status_code == 409 and "it burns" in again.text
    assert [entry.body["deed"] for entry in portal.city.ledger.entries("act")] == [
        "override", "confirm_override", "end_override"
    ]  # fmt: skip
