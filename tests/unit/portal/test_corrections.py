"""Pages of corrections and disputes: who sees and does what, what comes too late, files, and what comes back."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import httpx
import openpyxl
import pytest

from contracts.acts import Role
from contracts.model import Department
from lake.findings.finding import Kind
from portal.corrections.desk import CorrectionDesk
from tests.unit.portal.catalogued import role
from tests.unit.portal.conftest import RECIPIENT, Portal
from tests.unit.portal.quarantined import ANNA, BAO, CHEN, FIRST, HAI, NAME, STELLA, Quarantined

TOLD = {"path": "2026-05-04/x.csv", "state": "accepted", "batch": "b1", "delivered_on": "2026-05-04"}


@pytest.fixture
def city(portal: Portal, tmp_path: Path) -> Quarantined:
    """Without a lake: what the ledger says is enough for cases."""
    found = Quarantined.at(portal, tmp_path)
    tell(found, read=9, quarantined=3, reasons={"type:age": 2, "required:id": 1})
    return found


def tell(city: Quarantined, **changes: object) -> None:
    city.portal.city.ledger.append("batch", {"dataset": city.dataset.id, **TOLD, **changes}, city.portal.clock.now())


def opened(city: Quarantined, by: str = STELLA, **form: str) -> str:
    """The address of a case about the rows whose age is none."""
    asked = {"dataset": city.dataset.id, "batch": "b1", "reason": "type:age", "words": "请核实", **form}
    answer = city.portal.post("/cases/new", asked, city.enters(by))
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def after(page: str) -> str:
    found = re.search(r'name="after" value="(\d+)"', page)
    return found.group(1) if found else "0"


def acts(city: Quarantined, address: str, doing: str, by: str, **form: str) -> httpx.Response:
    """Somebody does something in a case as they see it now."""
    browser = city.enters(by)
    seen = form.pop("after", after(city.portal.ask("GET", address, headers=browser).text))
    return city.portal.post(f"{address}/{doing}", {"after": seen, "words": "because", **form}, browser)


def page(city: Quarantined, address: str, by: str = BAO) -> str:
    return city.portal.ask("GET", address, headers=city.enters(by)).text


def test_a_case_goes_from_quarantine_to_its_department_and_back(city: Quarantined) -> None:
    address = opened(city)
    told = page(city, address, HAI)
    assert "已转送" in told and "核实答复" in told and "待核实" in told
    assert acts(city, address, "answer", STELLA, outcome="corrected").status_code == 403
    refused = acts(city, address, "answer", HAI, outcome="rejected")
    assert refused.status_code == 400 and "data_is_right" in refused.text and "because" in refused.text
    assert acts(city, address, "answer", HAI, outcome="rejected", ground="data_is_right").status_code == 303
    assert acts(city, address, "dispute", STELLA).status_code == 303
    assert "争议中" in page(city, address)
    assert acts(city, address, "decide", BAO, outcome="upheld").status_code == 303
    assert acts(city, address, "answer", HAI, outcome="corrected").status_code == 303
    ledger, now = city.portal.city.ledger, city.portal.clock.now()
    ledger.append("corrected", {"dataset": city.dataset.id, "batch": "b1", "by": {"b2": 3}, "rows": 3}, now)
    told = page(city, address)
    assert "已办结" in told and "已更正 2 行" in told
    assert [one.body["doing"] for one in ledger.entries("case")][-1] == "confirm"
    assert page(city, "/cases?state=closed").count(address) == 1 and address not in page(city, "/cases?state=open")


def test_the_same_case_is_not_opened_twice_and_another_department_sees_nothing(city: Quarantined) -> None:
    address = opened(city)
    asked = {"dataset": city.dataset.id, "batch": "b1", "reason": "type:age", "words": "noch einmal"}
    again = city.portal.post("/cases/new", asked, city.enters(HAI))
    assert again.status_code == 409 and address in again.text and "noch einmal" in again.text
    other = city.portal.sign_in("tao@city.example", role(Role.OWNER, department="tax"))
    for path in (address, f"/cases/new?dataset={city.dataset.id}&batch=b1"):
        assert city.portal.ask("GET", path, headers=other).status_code == 404
    assert address not in city.portal.ask("GET", "/cases", headers=other).text
    assert city.portal.post(f"{address}/say", {"words": "me too"}, other).status_code == 404
    assert city.portal.post("/cases/new", asked | {"reason": "type:note"}, city.enters(HAI)).status_code == 400


def test_of_two_who_decide_at_once_the_second_is_told_and_nothing_is_lost(city: Quarantined) -> None:
    address = opened(city)
    acts(city, address, "answer", HAI, outcome="rejected", ground="data_is_right")
    acts(city, address, "dispute", STELLA)
    seen = after(page(city, address, BAO))
    assert acts(city, address, "decide", BAO, after=seen, outcome="upheld").status_code == 303
    late = acts(city, address, "decide", CHEN, after=seen, outcome="dismissed", words="my own long reasons")
    assert late.status_code == 409 and f"meanwhile {BAO} did this: decide" in late.text
    assert "已转送" in late.text and "my own long reasons" in late.text
    stale = acts(city, address, "answer", HAI, after="1", outcome="corrected")
    assert stale.status_code == 409 and f"meanwhile {BAO} did this: decide" in stale.text
    assert acts(city, address, "say", CHEN, after="1", words="I agree").status_code == 303, "talk is never too late"
    assert "I agree" in page(city, address)


def test_a_recalled_batch_closes_its_cases_and_none_is_opened_about_it(city: Quarantined) -> None:
    address = opened(city)
    recall = {"batch": "b1", "reason": "of another year", "releases": [], "recipients": []}
    city.portal.city.ledger.append("recall", recall, city.portal.clock.now())
    told = page(city, address)
    assert "已办结" in told and "of another year" in told and "数据已收回" in told
    asked = {"dataset": city.dataset.id, "batch": "b1", "reason": "required:id", "words": "x"}
    answer = city.portal.post("/cases/new", asked, city.enters(STELLA))
    assert answer.status_code == 400 and "of another year" in answer.text
    again = city.portal.post("/cases/new", asked | {"words": "long typed words"}, city.enters(STELLA))
    assert "long typed words</textarea>" in again.text and 'name="batch" value="b1"' in again.text


@pytest.mark.parametrize("how", ["recall", "run"])
def test_a_case_says_mended_while_the_delivery_counts_that_mended_it(city: Quarantined, how: str) -> None:
    address, ledger = opened(city, reason=""), city.portal.city.ledger
    assert acts(city, address, "answer", HAI, outcome="corrected").status_code == 303
    whole = {"dataset": city.dataset.id, "batch": "b1", "by": {"b2": 3}, "rows": 3}
    tell(city, batch="b2", path="2026-05-05/x.csv", delivered_on="2026-05-05", read=3, quarantined=0, reasons={})
    ledger.append("corrected", whole, city.portal.clock.now())
    told = page(city, address)
    assert "已办结" in told and "按期办结" in told
    asked = {"dataset": city.dataset.id, "batch": "b1", "reason": "type:age", "words": "x"}
    none = city.portal.post("/cases/new", asked, city.enters(STELLA))
    assert none.status_code == 400 and "have mended all of these rows" in none.text
    city.portal.clock.pass_by(days=3)
    if how == "recall":
        ledger.append(
            "recall", {"batch": "b2", "reason": "x", "releases": [], "recipients": []}, city.portal.clock.now()
        )
    else:
        ledger.append("corrected", whole | {"by": {}, "rows": 0}, city.portal.clock.now())
    told = page(city, address)
    assert "更正失效" in told and "<strong>答复已更正" in told and "重新报送已更正 0" in told
    assert [one.body["doing"] for one in ledger.entries("case")][-2:] == ["confirm", "reopen"]
    assert page(city, address).count("更正失效") == 1, "said once"
    tell(city, batch="b3", path="2026-05-06/x.csv", delivered_on="2026-05-06", read=3, quarantined=0, reasons={})
    ledger.append("corrected", whole | {"by": {"b3": 3}}, city.portal.clock.now())
    assert "已办结" in page(city, address)


def test_a_button_that_is_pressed_twice_says_it_once(city: Quarantined) -> None:
    address = opened(city)
    first, second = (acts(city, address, "say", HAI, words="we look into it") for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 409) and "it is there already" in second.text
    assert acts(city, address, "say", BAO, words="we look into it").status_code == 303, "another person"
    assert acts(city, address, "say", HAI, words="we look into it").status_code == 303, "something came between"
    assert len([one for one in city.portal.city.ledger.entries("case") if one.body["doing"] == "say"]) == 3


def test_what_is_overdue_is_told_the_officer_once(city: Quarantined) -> None:
    address = opened(city)
    city.portal.clock.pass_by(days=30)
    for _ in range(2):
        assert "逾期" in page(city, address) and "已上报" in page(city, address)
        city.portal.city.ledger.append("access", {"subject": "something else"}, city.portal.clock.now())
    entries = [one.body["doing"] for one in city.portal.city.ledger.entries("case")]
    assert entries == ["open", "send", "escalate"]
    found = [one for one in CorrectionDesk(city.portal.people).found() if one.kind is Kind.OVERDUE]
    due = re.search(r"工作日.*（(\d{4}-\d\d-\d\d)）", page(city, address))
    assert due and [str(one.since) for one in found] == [str(date.fromisoformat(due[1]) + timedelta(days=1))]
    assert address in page(city, "/cases?overdue=1") and address in page(city, "/cases?state=overdue")


def test_files_lie_by_digest_and_are_served_as_nothing_but_downloads(city: Quarantined) -> None:
    address, browser = opened(city), city.enters(HAI)
    token = city.portal.people.sessions.find(browser["Cookie"].removeprefix("zt="), city.portal.clock.now())
    assert token
    form = {"csrf": city.portal.people.sessions.form_token(token), "words": "see the file"}
    bad = {"file": ("../../a<b>\u202e.html", b"<script>alert(1)</script>", "text/html")}
    headers = {**browser, "Origin": "http://portal"}
    assert city.portal.ask("POST", f"{address}/say", data=form, files=bad, headers=headers).status_code == 303
    (file,) = (city.portal.city.settings.state / "attachments").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600 and len(file.name) == 64
    got = city.portal.ask("GET", f"{address}/attachments/{file.name}", headers=city.enters(BAO))
    assert got.content == b"<script>alert(1)</script>"
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''a_b_.html"
    assert city.portal.ask("GET", f"{address}/attachments/{'0' * 64}", headers=browser).status_code == 404
    other = city.portal.sign_in("tao@city.example", role(Role.OWNER, department="tax"))
    assert city.portal.ask("GET", f"{address}/attachments/{file.name}", headers=other).status_code == 404
    file.chmod(0o600)
    file.write_bytes(b"changed")
    assert city.portal.ask("GET", f"{address}/attachments/{file.name}", headers=browser).status_code == 410


def test_a_file_that_is_too_large_is_refused_in_words(city: Quarantined) -> None:
    address, big = opened(city), {"file": ("a.txt", b"x" * (1 << 20))}
    told = city.portal.ask("POST", f"{address}/say", files=big, headers={"Accept": "text/html,*/*"})
    assert told.status_code == 413 and "1 MB" in told.text and told.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in told.headers["content-security-policy"]
    machine = city.portal.ask("POST", f"{address}/say", files=big)
    assert machine.status_code == 413 and machine.json()["errorCode"] == "MALFORMED_REQUEST"


def test_a_workbook_of_rows_is_one_however_it_is_attached(city: Quarantined) -> None:
    address, browser = opened(city), city.enters(HAI)
    token = city.portal.people.sessions.find(browser["Cookie"].removeprefix("zt="), city.portal.clock.now())
    assert token
    form = {"csrf": city.portal.people.sessions.form_token(token), "words": "see the file"}
    rows = f"record id\n{'ab' * 16}:3\n".encode()
    headers = {**browser, "Origin": "http://portal"}
    answer = city.portal.ask("POST", f"{address}/say", data=form, files={"file": ("a.txt", rows)}, headers=headers)
    assert answer.status_code == 303
    (file,) = (city.portal.city.settings.state / "attachments").iterdir()
    for by, status in ((HAI, 200), (BAO, 404), (STELLA, 404)):
        got = city.portal.ask("GET", f"{address}/attachments/{file.name}", headers=city.enters(by))
        assert got.status_code == status, by
    # One of before, of which the ledger says nothing, is looked into as it is served.
    entry = next(one for one in city.portal.city.ledger.entries("case") if one.body["doing"] == "say")
    (kept,) = entry.body["attachments"]
    assert kept["holds"] == "rows"
    body = {**entry.body, "words": "once more", "attachments": [{**kept, "holds": ""}]}
    city.portal.city.ledger.append("case", body, city.portal.clock.now())
    assert city.portal.ask("GET", f"{address}/attachments/{file.name}", headers=city.enters(BAO)).status_code == 404


def test_a_recipient_objects_to_a_release_and_the_steward_says_to_whom_it_goes(city: Quarantined) -> None:
    release, known = city.portal.publish(), city.portal.city.catalogue
    departments = {**known.departments, "tax": Department("tax", "税务局", "Tax", "001", "nobody")}
    city.portal.city.catalogue = replace(known, departments=departments)
    sources = [{"dataset": city.dataset.id}, {"dataset": "housing.x"}]
    verdict = {"agreement": release.agreement, "release_id": release.release_id, "evidence": {"sources": sources}}
    for body in (verdict, {**verdict, "release_id": None, "evidence": {"sources": [{"dataset": "tax.x"}]}}):
        city.portal.city.ledger.append(
            "verdict", {"verdict": "released", "violations": [], **body}, city.portal.clock.now()
        )
    anna = city.portal.sign_in(ANNA, role(Role.APPLICANT, agency=RECIPIENT))
    form = {"release": release.release_id, "column": "person_id", "key": "999001193503143281", "words": "wrong person"}
    answer = city.portal.post("/cases/new", form, anna)
    assert answer.status_code == 303, answer.text
    address = answer.headers["location"]
    (entry,) = city.portal.city.ledger.entries("case")
    assert len(entry.body["about"]["keys"]) == 64 and "999001193503143281" not in str(entry.body)
    assert "wrong person" in page(city, address, STELLA) and page(city, address, HAI).count("wrong person") == 0
    assert acts(city, address, "send", STELLA).status_code == 403
    told = page(city, address, STELLA)
    assert 'value="test"' in told and 'value="tax"' not in told
    foreign = acts(city, address, "send", STELLA, department="tax")
    assert foreign.status_code == 403 and "made of what housing, test deliver" in foreign.text
    assert acts(city, address, "send", STELLA, department="test").status_code == 303
    assert "改送数源部门" in page(city, address, STELLA)
    assert address not in page(city, "/cases?waiting=1", STELLA), "that it could be sent on is no duty"
    assert acts(city, address, "answer", HAI, outcome="corrected").status_code == 303
    assert city.portal.ask("GET", address, headers=anna).text.count("答复已更正")
    assert city.portal.post("/cases/new", form | {"column": "nothing"}, anna).status_code == 400
    foreign = city.portal.sign_in("dora@city.example", role(Role.APPLICANT, agency="other"))
    assert city.portal.post("/cases/new", form, foreign).status_code == 404


def test_a_rule_that_fails_opens_a_case_and_one_that_holds_does_not(city: Quarantined) -> None:
    check = {"table": f"raw.{city.dataset.table}", "rule": "id_unique", "passed": False, "failing_rows": 2}
    city.portal.city.ledger.append("check", check, city.portal.clock.now())
    form = {"table": check["table"], "rule": "id_unique", "words": "two of one id"}
    answer = city.portal.post("/cases/new", {k: str(v) for k, v in form.items()}, city.enters(HAI))
    assert answer.status_code == 303 and "id_unique" in page(city, answer.headers["location"])
    city.portal.city.ledger.append("check", check | {"rule": "fine", "passed": True}, city.portal.clock.now())
    for rule in ("fine", "unheard"):
        asked = {"table": str(check["table"]), "rule": rule, "words": "x"}
        assert city.portal.post("/cases/new", asked, city.enters(STELLA)).status_code == 400


def test_a_workbook_that_comes_back_says_what_it_corrects_and_loses_nothing(portal: Portal, tmp_path: Path) -> None:
    city = Quarantined.at(portal, tmp_path / "deliveries")
    batch = city.deliver(FIRST, "2026-05-04")
    address, browser = opened(city, batch=batch, reason=""), city.enters(HAI)
    book = openpyxl.load_workbook(io.BytesIO(portal.ask("GET", f"{city.address}/export.xlsx", headers=browser).content))
    ages = book["type-age"]
    ages.cell(2, ages.max_column).value = 31
    ages.delete_cols(9)
    ages.title = "renamed"
    ages.append(["x"] * 8)
    book["structure-too_long"].delete_rows(2)
    book["structure-too_short"].delete_cols(1, 8)
    kept = io.BytesIO()
    book.save(kept)
    session = portal.people.sessions.find(browser["Cookie"].removeprefix("zt="), portal.clock.now())
    assert session
    form, headers = {"csrf": portal.people.sessions.form_token(session)}, {**browser, "Origin": "http://portal"}
    answer = portal.ask(
        "POST", f"{address}/returned", data=form, files={"file": ("b.xlsx", kept.getvalue())}, headers=headers
    )
    assert "已更正 1 行，未更正 1 行，无法对应 2 行，不在其中 2 行" in answer.text
    assert "columns were deleted: name name" in answer.text and "its 1 rows cannot be told" in answer.text
    assert NAME not in answer.text
    digest = re.search(rf"{address}/attachments/([0-9a-f]{{64}})", answer.text)
    assert digest
    # The workbook has rows up to the owner's level: whoever sees less of rows does not get it.
    for by, status in ((HAI, 200), (STELLA, 404), (BAO, 404)):
        got = portal.ask("GET", f"{address}/attachments/{digest.group(1)}", headers=city.enters(by))
        assert got.status_code == status, by
    none = portal.ask(
        "POST", f"{address}/returned", data=form, files={"file": ("b.xlsx", b"PK nothing")}, headers=headers
    )
    assert none.status_code == 400 and "no readable xlsx" in none.text
