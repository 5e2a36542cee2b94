"""The resource catalogue: what the city has is found in both languages, and nobody learns more than they may know."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from contracts.acts import Role
from contracts.model import Rule, SharingAttribute
from contracts.violation import Severity
from portal.catalogue.past import Past
from portal.catalogue.records import Resource, resources
from portal.catalogue.search import Index
from portal.catalogue.sight import EVERYBODY, Sight
from sharing.chain import Entry
from sharing.release import withdraw
from tests.unit.gates import cases
from tests.unit.portal.catalogued import INSIDE, WHOLE, Catalogued, ids, names, role, sample
from tests.unit.portal.conftest import Portal


@pytest.fixture(scope="module")
def every() -> list[Resource]:
    """The sample city's resources; nothing is delivered yet."""
    return resources(sample())


@pytest.fixture
def desk(portal: Portal) -> Catalogued:
    portal.city.catalogue = sample()
    return Catalogued(portal)


def test_each_dataset_entity_table_and_product_is_there_once(every: list[Resource]) -> None:
    kinds = {kind: [one for one in every if one.kind == kind] for kind in ("dataset", "entity", "product", "table")}
    assert len({one.id for one in every}) == len(every)
    declared = sample()
    assert len(kinds["dataset"]) == len(declared.datasets) and len(kinds["product"]) == len(declared.agreements)
    assert len(kinds["entity"]) == 3
    assert {"theme.air_quality_day", "theme.visit"} <= {one.id for one in kinds["table"]}
    residents = next(one for one in every if one.id == "public_security.residents")
    assert residents.level == "L4" and residents.provider_zh and residents.code.endswith("/residents")
    assert any(one.element == "resident_id" for one in residents.fields)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("身份证", "public_security.residents"),
        ("residents", "public_security.residents"),
        ("resident_id 公安", "public_security.residents"),
        ("空气质量", "product.open_air_quality"),
        ("air qual", "product.open_air_quality"),
        ("自然人", "theme.natural_person"),
    ],
)
def test_it_is_found_by_words_of_both_languages(every: list[Resource], text: str, wanted: str) -> None:
    assert wanted in [one.id for one in Index(every).find(text)][:8]


def test_it_is_found_by_the_titles_of_the_elements_that_its_columns_follow(every: list[Resource]) -> None:
    index, tried = Index(every), 0
    for one in (each for each in every if each.kind == "dataset"):
        titles = " ".join(f"{field.title_zh} {field.title_en}" for field in one.fields)
        for field in one.fields:
            if field.element_zh not in titles:
                tried += 1
                assert one in index.find(field.element_zh) and one in index.find(field.element_en), field
    assert tried > 20


@settings(max_examples=60, deadline=None)
@given(text=some.text(max_size=30) | some.sampled_from(['"', "a AND", "NOT x", "title:x", "x*", "(", "-", "NEAR(a b)"]))
def test_whatever_is_asked_finds_or_finds_nothing(every: list[Resource], text: str) -> None:
    assert len(Index(every[:5]).find(text)) <= 5


def test_whoever_has_a_grant_reads_it_and_learns_of_no_recipient(portal: Portal) -> None:
    portal.publish()
    _, who = portal.grant("another_agency")
    assert portal.ask("GET", "/api/catalogue").status_code == 401
    found = portal.ask("GET", "/api/catalogue", headers=who, params={"q": "高龄"}).json()
    assert (found["total"], found["resources"][0]["state"]) == (1, "published")
    one = portal.ask("GET", f"/api/catalogue/{found['resources'][0]['id']}", headers=who).json()
    assert [each["name"] for each in one["fields"]] and "civil_affairs" not in json.dumps(one)
    assert portal.ask("GET", "/api/catalogue/nothing", headers=who).status_code == 404
    assert portal.ask("GET", "/api/catalogue", headers=who, params={"page": "0"}).status_code == 400
    page = portal.ask("GET", f"/catalogue/{one['id']}", headers=who)
    assert page.status_code == 200 and cases.agreement().name not in page.text
    assert portal.ask("GET", f"/catalogue/{one['id']}", headers=portal.grant()[1]).text.count(cases.agreement().name)


def test_whoever_signed_in_reads_it_too(desk: Catalogued) -> None:
    someone = desk.portal.sign_in("eve@x.example", role(Role.APPLICANT, agency="health"))
    found = desk.get("/api/catalogue", someone, q="resident_id")
    assert found.status_code == 200 and found.json()["total"] > 3


# -- what who may know -------------------------------------------------------------------------------------------------


def test_everybody_knows_what_departments_open_and_nothing_else(desk: Catalogued) -> None:
    view = desk.view(EVERYBODY)
    opened = {name for name, one in sample().datasets.items() if one.open_attribute != "not_open"}
    assert ids(view) == opened and opened
    assert {field.level for one in view.known.values() for field in one.fields} == {"L1"}
    for path in ("/catalogue/public_security.residents", "/catalogue/theme.natural_person", "/catalogue/no.such"):
        answer = desk.get(path)
        assert (answer.status_code, answer.text.replace(path, "")) == (
            404,
            desk.get("/catalogue/x").text.replace("/catalogue/x", ""),
        )
        assert desk.get(f"{path}.odcs.yml").status_code == desk.get(f"{path}.openlineage.json").status_code == 404
    assert "owner" not in desk.get("/catalogue/ecology.readings.odcs.yml").text


def test_a_product_is_everybodys_to_know_once_it_was_open(desk: Catalogued) -> None:
    assert "product.open_air_quality" not in ids(desk.view(EVERYBODY))
    desk.tell("switch", {"agreement": "public__air_quality_daily", "release_id": "0" * 32})
    desk.tell("switch", {"agreement": "taxation__enterprise_status", "release_id": "1" * 32})
    view = desk.view(EVERYBODY)
    assert "product.open_air_quality" in ids(view) and "product.enterprise_status" not in ids(view)


def test_a_column_that_is_secret_is_known_to_its_department_and_the_bureau_alone(desk: Catalogued) -> None:
    own, other = Sight(True, departments=frozenset({"public_security"})), Sight(True, departments=frozenset({"health"}))
    for sight, seen in ((WHOLE, True), (own, True), (INSIDE, False), (other, False), (EVERYBODY, None)):
        view = desk.view(sight)
        if seen is not None:
            assert ("police_note" in names(view, "public_security.residents")) == seen
        found = {one.id for one in view.find("警务备注")}
        assert ("public_security.residents" in found) == bool(seen)
    assert "resident_id" in names(desk.view(INSIDE), "public_security.residents")


def test_a_rule_tells_of_no_column_that_may_not_be_known(desk: Catalogued) -> None:
    note = Rule("note", "expression", (), "accuracy", Severity.ERROR, {"sql": "police_note is null"})
    length = Rule("short", "length", ("police_note",), "accuracy", Severity.ERROR, {"maximum": 9})
    refers = Rule(
        "known",
        "reference",
        ("x",),
        "accuracy",
        Severity.ERROR,
        {"table": "public_security.residents", "column": "police_note"},
    )
    datasets = dict(sample().datasets)
    datasets["public_security.residents"] = replace(datasets["public_security.residents"], rules=(note, length))
    datasets["ecology.stations"] = replace(datasets["ecology.stations"], rules=(refers,))
    desk.portal.city.catalogue = replace(sample(), datasets=datasets)
    for sight, told in ((WHOLE, {"note", "short"}), (INSIDE, set())):
        assert {rule.name for rule in desk.view(sight).known["public_security.residents"].rules} & {
            "note",
            "short",
        } == told
    assert "police_note" not in json.dumps([str(one) for one in desk.view(INSIDE).known.values()])
    assert all(rule.kind != "reference" for one in desk.view(EVERYBODY).known.values() for rule in one.rules)
    officer = desk.portal.sign_in("o@x.example", role(Role.OFFICER))
    eve = desk.portal.sign_in("eve@x.example", role(Role.APPLICANT, agency="health"))
    for ending in ("", ".odcs.yml", ".openlineage.json"):
        path = f"/catalogue/public_security.residents{ending}"
        assert "police_note" in desk.get(path, officer).text and "police_note" not in desk.get(path, eve).text


@pytest.mark.parametrize(
    ("roles", "told"),
    [
        ([role(Role.OFFICER)], True),
        ([role(Role.AUDITOR)], True),
        ([role(Role.STEWARD)], True),
        ([role(Role.OWNER, department="civil_affairs")], True),
        ([role(Role.STEWARD, department="civil_affairs")], True),
        ([role(Role.APPLICANT, agency="social_security")], True),
        ([role(Role.OWNER, department="health")], False),
        ([role(Role.APPLICANT, agency="civil_affairs")], False),
        ([role(Role.ENGINEER)], False),
        ([role(Role.APPROVER)], False),
    ],
)
def test_who_receives_a_product_is_known_to_those_alone_whom_it_is_of(
    desk: Catalogued, roles: list[Any], told: bool
) -> None:
    desk.made("staging.stg_civil_affairs__deaths", "raw.civil_affairs__deaths")
    desk.made("product.death_notices", "staging.stg_civil_affairs__deaths")
    page = desk.get("/catalogue/product.death_notices", desk.portal.sign_in("p@x.example", *roles)).text
    assert ("social_security__death_notices" in page) == told


def test_a_role_that_has_ended_shows_what_everybody_sees(desk: Catalogued) -> None:
    who = desk.portal.sign_in(
        "o@x.example", replace(role(Role.OFFICER), valid_until=cases.NOW.date().replace(year=2026, month=1))
    )
    assert desk.get("/catalogue/public_security.residents", who).status_code == 404


# -- finding -----------------------------------------------------------------------------------------------------------


def test_lists_are_filtered_by_their_address(desk: Catalogued) -> None:
    who = desk.portal.sign_in("o@x.example", role(Role.OFFICER))
    desk.delivered("ecology.readings", "2026-11-16")

    def found(**params: str) -> set[str]:
        return set(
            re.findall(r'<th scope="row"><a href="/catalogue/([^"]+)"', desk.get("/catalogue", who, **params).text)
        )

    assert found(department="ecology") == {"ecology.readings", "ecology.stations"}
    assert found(department="ecology", state="published") == {"ecology.readings"}
    assert found(kind="entity") == {"theme.natural_person", "theme.legal_entity", "theme.building"}
    assert found(domain="health", kind="dataset") and found(sharing="not_shared", kind="product") == set()
    known = set(desk.view(WHOLE).known)
    pages = [found(page=str(number)) for number in range(1, 2 + (len(known) - 1) // 50)]
    assert {len(page) for page in pages[:-1]} == {50} and found() == pages[0]
    assert set().union(*pages) == known and sum(map(len, pages)) == len(known)
    empty = desk.get("/catalogue", who, q="没有这样的东西")
    assert empty.status_code == 200 and "/requests/new" in empty.text
    assert desk.get("/catalogue", who, page="x").status_code == 400
    assert desk.get("/catalogue", who, page=str(len(pages) + 1)).status_code == 404
    rows = desk.get("/catalogue.csv", who, department="ecology", state="published").text.splitlines()
    assert len(rows) == 2 and "ecology.readings" in rows[1]


# -- states ------------------------------------------------------------------------------------------------------------


def test_the_states_of_a_dataset_follow_from_its_deliveries(desk: Catalogued) -> None:
    def days() -> Any:
        return desk.view(INSIDE).days(desk.view(INSIDE).known["ecology.readings"])

    assert (days().state, days().compiled) == ("compiled", None)
    desk.tell("look", {"dataset": "ecology.readings", "paths": []})
    assert days().compiled is not None
    desk.delivered("ecology.readings", "2026-11-09", "b2")
    assert (days().state, str(days().published)) == ("published", "2026-11-09")
    desk.delivered("ecology.readings", "2026-11-02")  # late, and of an earlier day
    assert (days().state, str(days().published), str(days().updated)) == ("updated", "2026-11-02", "2026-11-09")
    desk.delivered("ecology.readings", "2026-11-16", "", "failed")
    desk.delivered("ecology.readings", "2026-11-16", "b9", "held")
    assert str(days().newest) == "2026-11-09"
    desk.tell("recall", {"batch": "b2"})
    assert str(days().newest) == "2026-11-02"
    desk.delivered("ecology.readings", "2026-11-02", "b1", "withdrawn")
    assert (days().state, days().newest, days().withdrawn is None) == ("withdrawn", None, False)
    desk.delivered("ecology.readings", "2026-11-20", "b3")
    assert (days().state, str(days().newest)) == ("updated", "2026-11-20")


def test_the_states_of_a_product_follow_from_its_switches(desk: Catalogued) -> None:
    def state() -> str:
        view = desk.view(INSIDE)
        return str(view.days(view.known["product.open_air_quality"]).state)

    about = {"agreement": "public__air_quality_daily"}
    assert state() == "compiled"
    desk.tell("switch", {**about, "release_id": "a"})
    assert state() == "published"
    desk.portal.clock.pass_by(days=1)
    desk.tell("switch", {**about, "release_id": "b"})
    assert state() == "updated"
    desk.tell("withdrawal", {**about, "release_id": "a"})
    assert state() == "updated"  # it was not the current one
    desk.tell("withdrawal", {**about, "release_id": "b"})
    assert state() == "withdrawn"
    desk.tell("switch", {**about, "release_id": "a"})
    assert state() == "updated"


@settings(max_examples=40, deadline=None)
@given(
    told=some.lists(
        some.tuples(
            some.integers(1, 28), some.sampled_from("abc"), some.sampled_from(["accepted", "withdrawn", "failed"])
        ),
        max_size=8,
    )
)
def test_a_dataset_has_something_exactly_where_a_delivery_counts(told: list[tuple[int, str, str]]) -> None:
    from portal.catalogue.past import _Deliveries

    one, live = _Deliveries(), dict[tuple[int, str], int]()
    for day, batch, state in told:
        one.tell({"path": "p", "batch": batch, "delivered_on": f"2026-11-{day:02}", "state": state}, cases.NOW.date())
        if state == "accepted":
            live[day, batch] = day
        else:
            live.pop((day, batch), None)
    days = one.days(None)
    assert (days.newest.day if days.newest else None) == max(live.values(), default=None)
    assert days.state == ("withdrawn" if days.published and not live else days.state)
    assert (days.published is None) == all(state != "accepted" for _, _, state in told)


# -- what a page shows -------------------------------------------------------------------------------------------------


def test_quality_is_the_number_of_the_pages_of_quality_which_it_names_to_whom_they_are(desk: Catalogued) -> None:
    rule = sample().datasets["ecology.readings"].rules[0].name
    desk.checked("staging.stg_ecology__readings", "r1", **{"built": 0, "no_longer_declared": 100})
    desk.checked("raw.ecology__readings", "r1", **{rule: 12})
    desk.portal.clock.pass_by(days=1)
    desk.checked("raw.ecology__readings", "r2", **{rule: 24})
    who = desk.portal.sign_in("o@x.example", role(Role.OFFICER))
    page = desk.get("/catalogue/ecology.readings", who).text
    scores = [re.findall(r">(\d+\.\d)</|</strong> (\d+\.\d)", each)[0] for each in (page, of_quality(desk, who))]
    assert scores[0] == scores[1] != ""
    rows = [re.findall(r'class="day">2026.*?</tr>', each) for each in (page, of_quality(desk, who))]
    assert rows[0][:2] == rows[1][:2] and len(rows[0]) >= 2, "each day is the same on both"
    assert "<svg" in page and "style=" not in page and 'href="/quality/ecology/readings"' in page
    assert "✗ 未通过" in page, "what is stored breaks the rule"
    other = desk.portal.sign_in("h@x.example", role(Role.STEWARD, department="health"))
    theirs = desk.get("/catalogue/ecology.readings", other).text
    assert "/quality/ecology" not in theirs and rows[0][0] in theirs


def of_quality(desk: Catalogued, who: dict[str, str]) -> str:
    return str(desk.get("/quality/ecology/readings", who).text)


def test_lineage_is_that_of_the_sql_that_ran_and_names_nothing_unknown_to_the_reader(desk: Catalogued) -> None:
    desk.made("staging.stg_ecology__readings", "raw.ecology__readings")
    desk.made("theme.air_quality_day", "staging.stg_ecology__readings", "staging.stg_health__visits")
    desk.made("staging.stg_health__visits", "raw.health__visits")
    desk.made("product.open_air_quality", "theme.air_quality_day")
    desk.tell("switch", {"agreement": "public__air_quality_daily", "release_id": "0" * 32})
    who = desk.portal.sign_in("o@x.example", role(Role.OFFICER))
    page = desk.get("/catalogue/product.open_air_quality", who).text
    assert all(
        f'href="/catalogue/{one}"' in page for one in ("theme.air_quality_day", "ecology.readings", "health.visits")
    )
    page = desk.get("/catalogue/product.open_air_quality").text
    assert 'href="/catalogue/ecology.readings"' in page and "health" not in page and "theme." not in page
    assert 'href="/catalogue/product.open_air_quality"' in desk.get("/catalogue/ecology.readings").text


def test_a_products_columns_are_of_the_levels_that_lineage_found(desk: Catalogued) -> None:
    columns = {name: {"level": level} for name, level in (("station_id", "L2"), ("day", None))}
    desk.tell("classified", {"agreement": "public__air_quality_daily", "columns": columns})
    who = desk.portal.sign_in("o@x.example", role(Role.OFFICER))
    page = desk.get("/catalogue/product.open_air_quality", who).text
    found = dict(
        re.findall(
            r"<code>(\w+)</code>(?:</a>)?</th><td>[^<]*</td><td[^>]*>[^<]*</td><td>.*?</td><td>([^<]*)</td>", page
        )
    )
    assert (found["station_id"], found["day"], found["pollutant"]) == ("L2", "—", "—")
    assert "mean_value &lt;= highest_value" in page  # a rule's own words


def test_a_page_says_when_the_next_delivery_is_due(desk: Catalogued) -> None:
    who = desk.portal.sign_in("o@x.example", role(Role.OFFICER))
    desk.delivered("public_security.residents", "2026-05-11")  # weekly
    page = desk.get("/catalogue/public_security.residents", who).text
    assert "2026-05-18" in page and "逾期" in page and "每周" in page
    assert "/requests/new?resource=public_security.residents" in page and "常住人口登记" in page
    never = desk.get("/catalogue/ecology.readings", who).text
    assert "从未交付" in never and "逾期" not in never


def test_beyond_the_calendar_a_page_says_that_nobody_can_count(desk: Catalogued) -> None:
    desk.delivered("public_security.residents", "2026-12-30")
    desk.portal.clock.pass_by(days=(date(2027, 1, 2) - desk.portal.clock.now().date()).days)
    who = desk.portal.sign_in("o@x.example", role(Role.OFFICER))
    page = desk.get("/catalogue/public_security.residents", who).text
    assert "无法计算" in page and "2027" in page


def test_declared_texts_are_escaped(desk: Catalogued) -> None:
    datasets = dict(sample().datasets)
    datasets["ecology.stations"] = replace(
        datasets["ecology.stations"], title_zh="<script>x</script>", description="<b>"
    )
    desk.portal.city.catalogue = replace(sample(), datasets=datasets)
    desk.made("theme.air_quality_day", "raw.ecology__stations")
    who = desk.portal.sign_in("o@x.example", role(Role.OFFICER))
    for path in ("/catalogue/ecology.stations", "/catalogue", "/catalogue/theme.air_quality_day"):
        page = desk.get(path, who, q="<script>" if path == "/catalogue" else "").text
        assert "<script>x" not in page and "<b>" not in page


def test_it_is_made_once_and_what_is_told_meanwhile_is_read_on(desk: Catalogued) -> None:
    from portal.catalogue.shelf import Shelf

    shelf = Shelf(desk.portal.city)
    view = shelf.view(INSIDE)
    desk.delivered("ecology.readings", "2026-11-16")
    assert shelf.view(INSIDE) is view and view.days(view.known["ecology.readings"]).state == "published"


def test_what_is_withdrawn_for_the_public_is_told_as_such(portal: Portal) -> None:
    opened = cases.agreement(name="public__ages", agency="public", sharing_attribute=SharingAttribute.UNCONDITIONAL)
    portal.city.catalogue = replace(portal.city.catalogue, agreements={opened.name: opened})
    release = portal.publish(agreement=opened)
    withdraw(portal.city.settings.releases, opened.name, "wrong", portal.clock.now())
    portal.city.ledger.append(
        "withdrawal", {"agreement": opened.name, "release_id": release.release_id}, portal.clock.now()
    )
    assert "已撤回" in portal.ask("GET", f"/catalogue/product.{opened.product}").text


# -- what is told is read on -------------------------------------------------------------------------------------------


class Told:
    """A ledger of some entries, of which a growing part is there."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries, self.there = entries, 0

    def size(self) -> int:
        return self.there

    def about(self, kind: str, key: str) -> list[Entry]:
        return [one for one in self.entries[: self.there] if one.kind == kind and one.key == key]

    def kept_after(self, kinds: Collection[str], seq: int) -> list[Entry]:
        return [one for one in self.entries[: self.there] if one.kind in kinds and one.seq > seq]


def _drafts() -> some.SearchStrategy[tuple[str, dict[str, Any]]]:
    about, day = some.sampled_from("xy"), some.integers(1, 6)
    states = some.sampled_from(
        ["accepted", "accepted", "known", "withdrawn", "held", "failed", "withdrawn", "recalled"]
    )
    release = some.sampled_from(["p", "q"])
    return some.one_of(
        some.builds(
            lambda name, on, state, batch: (
                "batch",
                {"dataset": name, "path": "p", "state": state, "batch": batch, "delivered_on": f"2026-05-{on:02}"},
            ),
            *(about, day, states, release),
        ),
        some.builds(lambda batch: ("recall", {"batch": batch}), release),
        some.builds(lambda name, of: ("switch", {"agreement": name, "release_id": of}), about, release),
        some.builds(lambda name, of: ("withdrawal", {"agreement": name, "release_id": of}), about, release),
        some.builds(lambda name, v: ("executed", {"table": name, "version": v, "texts": [v]}), about, release),
        some.builds(lambda name: ("read", {"recipient": name}), about),
    )


@settings(max_examples=80, deadline=None)
@given(drafts=some.lists(_drafts(), max_size=25), cuts=some.sets(some.integers(0, 25), max_size=5))
def test_what_is_read_in_parts_is_what_is_read_at_once(
    drafts: list[tuple[str, dict[str, Any]]], cuts: set[int]
) -> None:
    entries = [
        Entry(n + 1, cases.NOW + timedelta(days=n), kind, body.get("run_id"), body.get("dataset", ""), body, "", "")
        for n, (kind, body) in enumerate(drafts)
    ]
    at_once, in_parts = (Past(Told(entries)) for _ in range(2))  # type: ignore[arg-type]
    for past, stops in ((at_once, [len(entries)]), (in_parts, [*sorted(cuts), len(entries)])):
        for stop in stops:
            past._ledger.there = min(stop, len(entries))  # type: ignore[attr-defined]
            past.read_on()
    for name in "xy":
        assert at_once.dataset(name) == in_parts.dataset(name)
        assert at_once.agreement(name) == in_parts.agreement(name) and at_once.table(name) == in_parts.table(name)


@pytest.mark.parametrize("seed", range(5))
def test_of_deliveries_the_newest_are_kept_and_what_became_of_them_all_is_told(seed: int) -> None:
    drawn = random.Random(seed)
    for _ in range(20):
        entries = []
        for n in range(40):
            body = {"dataset": "x", "path": "p", "batch": drawn.choice("pq"), "delivered_on": f"2026-05-{n % 7 + 1:02}"}
            state = drawn.choice(["accepted", "accepted", "known", "withdrawn", "held"])
            kind = "batch" if drawn.random() < 0.9 else "recall"
            told = (n + 1, cases.NOW + timedelta(days=n), kind, None, "x")
            entries.append(Entry(*told, body | {"state": state}, "", ""))
        whole, part = (Past(Told(entries)) for _ in range(2))  # type: ignore[arg-type]
        for there in range(1, len(entries) + 1):
            days = []
            for past, kept in ((whole, 100), (part, 1)):
                with pytest.MonkeyPatch.context() as patched:
                    patched.setattr("portal.catalogue.past._KEPT", kept)
                    past._ledger.there = there  # type: ignore[attr-defined]
                    past.read_on()
                days.append(past.dataset("x"))
            assert days[0] == days[1]
        assert len(part._deliveries["x"].live) <= 2
