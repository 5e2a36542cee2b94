"""Own traces: a person is told of what held them and of nothing else, and who asked about whom is written nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.acts import Role, RoleGrant
from lake.engine_macros import install_macros
from lake.held import Numbered, keep_index, write_index
from portal.people.reader import Citizen
from sharing.keyring import open_pseudonym
from sharing.release import Release, withdraw
from tests.unit.gates import cases
from tests.unit.portal.conftest import Portal

ANNA, BORIS = "11010519491231002X", "110105194912310097"
SECRET = cases.agreement(
    name="police__enquiry",
    agency="police",
    title_zh="秘密协查",
    title_en="An enquiry",
    untold_basis="刑事诉讼法 第五十四条",
)


@pytest.fixture
def asked(portal: Portal) -> Iterator[Portal]:
    """A portal where the index of persons and its key are, and nothing else of a lake."""
    yield portal
    assert not portal.city.settings.catalog.exists()


def held(portal: Portal, release: Release, *persons: str) -> Release:
    """Have a release hold some persons."""
    draft = portal.city.settings.state / "draft.parquet"
    with duckdb.connect() as connection:
        install_macros(connection, open_pseudonym(portal.city.settings.key_place))
        listed = [Numbered("resident_id", f"select '{one}' as person") for one in persons]
        write_index(connection, portal.city.catalogue, listed, draft)
    keep_index(portal.city.settings, release.agreement, release.release_id, draft)
    return release


def browser(portal: Portal, value: str = ANNA, element: str = "resident_id") -> dict[str, str]:
    return portal.begin("", Citizen(element, value))


def shown(portal: Portal, as_: Mapping[str, str]) -> str:
    answer = portal.post("/me/traces", {}, as_)
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    return answer.text


def accesses(portal: Portal) -> list[dict[str, Any]]:
    return [dict(entry.body) for entry in portal.city.ledger.entries("access")]


def test_a_person_sees_what_held_them_to_whom_why_and_on_which_basis(asked: Portal) -> None:
    held(asked, asked.publish(), ANNA, BORIS)
    page = shown(asked, browser(asked))
    terms = cases.agreement()
    for said in (terms.title_zh, terms.title_en, terms.agency, terms.purpose, terms.legal_basis):
        assert said in page
    assert "2026-06-01 — 2026-12-31" in page and "现行版本中仍有" in page and "person_id" in page
    assert "没有" not in page.replace("没有发现", "") and "11010519" not in page


def test_what_was_held_is_named_as_it_is_declared_or_else_as_it_is_certified(asked: Portal) -> None:
    held(asked, asked.publish(), ANNA)
    (name, terms), *_ = asked.city.agreements.items()
    titled = tuple(replace(one, title_zh="人员编号") for one in terms.columns)
    asked.city.catalogue = replace(asked.city.catalogue, agreements={name: replace(terms, columns=titled)})
    assert "人员编号" in shown(asked, browser(asked))
    asked.city.catalogue = replace(asked.city.catalogue, agreements={})
    page = shown(asked, browser(asked))
    assert terms.title_zh in page and "person_id" in page and "人员编号" not in page


def test_what_no_certificate_tells_any_more_the_declaration_does(asked: Portal) -> None:
    release = held(asked, asked.publish(), ANNA)
    release.path.chmod(0o755)
    (release.path / "certificate.json").unlink()
    page = shown(asked, browser(asked))
    assert cases.agreement().title_zh in page and cases.agreement().legal_basis in page
    assert "无法确认" in page and "仅作为统计人数之一" not in page


def test_its_use_is_on_record_and_the_number_is_nowhere(asked: Portal) -> None:
    held(asked, asked.publish(), ANNA)
    who = browser(asked)
    assert asked.ask("GET", "/me/traces", headers=who).status_code == 200 and accesses(asked) == []
    shown(asked, who)
    assert accesses(asked) == [
        {"subject": "held", "by": "本人 the person concerned", "why": "own traces: 个人信息保护法 art. 44, 45"}
    ]
    written = [path for path in asked.city.settings.state.rglob("*") if path.is_file()]
    assert any(path == asked.city.settings.ledger for path in written)
    assert [path for path in written if ANNA.encode() in path.read_bytes()] == []


def test_another_person_is_told_of_nothing_that_is_not_theirs(asked: Portal) -> None:
    held(asked, asked.publish(), BORIS)
    page = shown(asked, browser(asked))
    assert "没有发布过含有您的数据" in page and cases.agreement().title_zh not in page


def test_where_nobody_wrote_it_down_that_is_said_and_not_no(asked: Portal) -> None:
    release = asked.publish()
    page = shown(asked, browser(asked))
    assert "另有 1 次发布没有人员索引" in page and "没有发布过含有您的数据" not in page
    held(asked, release, BORIS)
    assert "没有发布过含有您的数据" in shown(asked, browser(asked))
    # Of a number by which nobody is in the index, it tells of nobody.
    page = shown(asked, browser(asked, element="driving_licence"))
    assert "另有 1 次发布没有人员索引" in page and "没有发布过含有您的数据" not in page


def test_until_when_hangs_on_what_became_of_the_release(asked: Portal) -> None:
    held(asked, asked.publish(), ANNA)
    asked.clock.pass_by(days=10)
    second = held(asked, asked.publish(range(80, 90)), BORIS)
    page = shown(asked, browser(asked))
    assert "2026-06-01 — 2026-06-11" in page and "已不在现行版本中" in page
    asked.clock.pass_by(days=5)
    gone = withdraw(asked.city.settings.releases, second.agreement, "recalled", asked.clock.now())
    assert gone is not None
    asked.city.ledger.append("withdrawal", {**gone.as_dict(), "reason": "recalled"}, asked.clock.now())
    page = shown(asked, browser(asked, BORIS))
    assert "2026-06-11 — 2026-06-16" in page and "已不在现行版本中" in page


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "certified alone"])
def test_what_a_law_keeps_from_its_persons_looks_the_same_for_those_in_it(asked: Portal, declared: bool) -> None:
    held(asked, asked.publish(agreement=SECRET), ANNA)
    if declared:
        agreements = {**asked.city.agreements, SECRET.name: SECRET}
        asked.city.catalogue = replace(asked.city.catalogue, agreements=agreements)
    pages = [_plain(shown(asked, browser(asked, one))) for one in (ANNA, BORIS)]
    assert pages[0] == pages[1] and "秘密协查" not in pages[0] and "police" not in pages[0]
    assert ("本市有 1 项共享依法不向个人告知（刑事诉讼法 第五十四条）" in pages[0]) == declared
    assert "没有发布过含有您的数据" in pages[0]


def test_what_nobody_can_say_is_not_told(asked: Portal) -> None:
    """Neither declared any more nor with a readable certificate: it may be what a law keeps secret."""
    release = held(asked, asked.publish(agreement=SECRET), ANNA)
    release.path.chmod(0o755)
    (release.path / "certificate.json").unlink()
    assert "秘密协查" not in (page := shown(asked, browser(asked))) and "没有发布过含有您的数据" in page


def test_it_is_for_who_lives_here_and_is_verified(asked: Portal) -> None:
    answer = asked.ask("GET", "/me/traces")
    assert answer.status_code in (303, 307) and answer.headers["location"].startswith("/sign-in")
    officer = asked.sign_in("officer@x.example", RoleGrant(Role.OFFICER, date(2026, 1, 1), date(2028, 12, 31)))
    assert asked.ask("GET", "/me/traces", headers=officer).status_code == 403
    assert asked.post("/me/traces", {}, officer).status_code == 403
    forged = asked.ask("POST", "/me/traces", data={"csrf": "x"}, headers={**browser(asked), "Origin": "http://portal"})
    assert forged.status_code == 403 and accesses(asked) == []


def test_who_asks_too_often_waits_and_nothing_more_is_recorded(asked: Portal) -> None:
    who = browser(asked)
    assert [asked.post("/me/traces", {}, who).status_code for _ in range(12)] == [200] * 10 + [429] * 2
    assert len(accesses(asked)) == 10
    assert asked.post("/me/traces", {}, browser(asked, BORIS)).status_code == 200
    asked.clock.pass_by(hours=1)
    assert asked.post("/me/traces", {}, browser(asked)).status_code == 200


def test_without_the_key_it_says_so_and_records_nothing(asked: Portal) -> None:
    key: Path = asked.city.settings.key_place.pseudonym
    key.unlink()
    answer = asked.post("/me/traces", {}, browser(asked))
    assert answer.status_code == 503 and "目前无法查询" in answer.text and str(key) not in answer.text
    assert accesses(asked) == []


def _plain(page: str) -> str:
    return re.sub(r'name="csrf" value="[^"]*"', "", page)
