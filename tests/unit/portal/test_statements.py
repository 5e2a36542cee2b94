"""Statements: each is told what concerns them, counted from what was read, and nothing of what does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from contracts.acts import Role, RoleGrant
from contracts.model import Department
from sharing.department_reads import DepartmentStatement, Sources, Tally, department_statements
from tests.unit.gates import cases
from tests.unit.portal.conftest import RECIPIENT, SCHEMA, TABLE, Portal

POLICE = cases.RESIDENTS.partition(".")[0]
EVER = (date(2026, 1, 1), date(2028, 12, 31))


@pytest.fixture
def read(portal: Portal) -> Iterator[Portal]:
    """A city of three departments in which one agency read once in June and twice, of another release, in July."""
    named = (POLICE, RECIPIENT, "tax")
    departments = {name: Department(name, f"{name}局", name.title(), "1", "o@x.example") for name in named}
    portal.city.catalogue = replace(portal.city.catalogue, departments=departments)
    _, who = portal.grant()
    portal.publish()
    portal.ask("POST", f"{TABLE}/query", headers=who)
    portal.clock.pass_by(days=30)
    portal.publish(range(80, 90))
    portal.ask("POST", f"{TABLE}/query", headers=who)
    portal.ask("POST", f"{TABLE}/query", headers=who)
    portal.ask("GET", f"{TABLE.replace(SCHEMA, 'x')}/version", headers=who)
    yield portal


def statements(portal: Portal, department: str, month: str = "") -> list[DepartmentStatement]:
    tally = Tally()
    tally.count_on(portal.city.ledger)
    tally.count_on(portal.city.ledger)  # once more, what there is by then: nothing
    sources = Sources(portal.city.settings.releases).of(portal.city.ledger, {key.release_id for key in tally.counts})
    return department_statements(tally, sources, department, month)


def test_reads_count_for_the_departments_whose_data_it_is(read: Portal) -> None:
    found = statements(read, POLICE)
    assert [(one.month, one.dataset, one.recipient, one.purpose, one.queries) for one in found] == [
        ("2026-07", cases.RESIDENTS, RECIPIENT, "welfare_payment", 2),
        ("2026-06", cases.RESIDENTS, RECIPIENT, "welfare_payment", 1),
    ]
    assert statements(read, POLICE, "2026-06") == found[1:]
    assert statements(read, RECIPIENT) == statements(read, "tax") == statements(read, POLICE, "2026-05") == []
    assert found[1].as_dict()["first"].startswith("2026-06-01")


def test_what_nobody_can_trace_is_told_to_every_department(read: Portal) -> None:
    for release in sorted(read.city.settings.releases.glob("*/*/certificate.json")):
        release.parent.chmod(0o755)
        release.unlink()
    assert [(one.dataset, one.queries) for one in statements(read, "tax")] == [("", 2), ("", 1)]


def shown(portal: Portal, role: Role, query: str = "", **of: str) -> tuple[int, str]:
    who = portal.sign_in(f"{role}@x.example", RoleGrant(role, *EVER, **of))
    answer = portal.ask("GET", f"/statements{query}", headers=who)
    return answer.status_code, answer.text


OF_DATA, OF_READERS = "各数据集被使用情况", "各使用方读取情况"


def test_an_owner_sees_their_departments_and_an_applicant_their_agencys(read: Portal) -> None:
    status, page = shown(read, Role.OWNER, department=POLICE)
    assert (status, OF_DATA in page, OF_READERS in page) == (200, True, False)
    assert page.count(cases.RESIDENTS) == 2 and "2026-06" in page
    status, page = shown(read, Role.OWNER, department="tax")
    assert status == 200 and cases.RESIDENTS not in page and "没有使用记录" in page and "2026-06" not in page
    status, page = shown(read, Role.APPLICANT, agency=RECIPIENT)
    assert (status, OF_DATA in page, OF_READERS in page) == (200, False, True)
    assert page.count("welfare_payment") == 2 and cases.RESIDENTS not in page
    status, page = shown(read, Role.APPLICANT, agency="tax")
    assert status == 200 and "welfare_payment" not in page and RECIPIENT not in page
    for role in (Role.OFFICER, Role.AUDITOR):
        status, page = shown(read, role)
        assert status == 200 and page.count(cases.RESIDENTS) == 2 and OF_READERS in page


def test_a_month_and_a_department_are_chosen(read: Portal) -> None:
    _, page = shown(read, Role.OFFICER, f"?month=2026-06&department={POLICE}")
    assert page.count(cases.RESIDENTS) == 1 and OF_READERS not in page
    _, page = shown(read, Role.OFFICER, f"?agency={RECIPIENT}")
    assert OF_DATA not in page and page.count("welfare_payment") == 2


@pytest.mark.parametrize(
    "query", ["?department=tax", "?department=nobody", "?agency=tax", "?month=June", "?month=2026-13"]
)
def test_what_is_not_theirs_is_answered_as_what_is_not_there(read: Portal, query: str) -> None:
    who = read.sign_in("owner@x.example", RoleGrant(Role.OWNER, *EVER, department=POLICE))
    answers = [read.ask("GET", f"/statements{one}", headers=who) for one in (query, "?department=nowhere")]
    assert [one.status_code for one in answers] == [404, 404] and answers[0].text == answers[1].text


def test_it_is_for_nobody_else(read: Portal) -> None:
    assert shown(read, Role.STEWARD)[0] == shown(read, Role.ENGINEER)[0] == 403
    answer = read.ask("GET", "/statements")
    assert answer.status_code in (303, 307) and "/sign-in" in answer.headers["location"]


def test_what_nobody_ever_read_is_named_until_somebody_does(portal: Portal) -> None:
    portal.city.catalogue = replace(
        portal.city.catalogue, departments={POLICE: Department(POLICE, "公安局", "Police", "1", "o@x.example")}
    )
    portal.publish()
    grant, who = portal.grant()
    _, page = shown(portal, Role.OWNER, department=POLICE)
    assert cases.agreement().title_zh in page and grant.token not in page
    assert grant.token in shown(portal, Role.APPLICANT, agency=RECIPIENT)[1]
    portal.ask("POST", f"{TABLE}/query", headers=who)
    _, page = shown(portal, Role.OWNER, "?month=2025-01", department=POLICE)
    assert cases.agreement().title_zh not in page
    assert grant.token not in shown(portal, Role.APPLICANT, agency=RECIPIENT)[1]
