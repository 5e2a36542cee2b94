"""The rules on pages: who sees which, how each stands, and a suite that is judged, tried, and kept for review."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from contracts.acts import Role, RoleGrant
from contracts.cross_rules import Suite, WrittenExpectation
from contracts.model import Level
from contracts.violation import CheckResult, Severity
from lake.suite_desk import Judged
from lake.suite_sight import expect_in_sight
from lake.suite_trials import told_to_desks
from portal.catalogue.records import resources
from portal.rules import routes
from sharing.faults import SharingRefused
from tests.unit.gates import cases
from tests.unit.lake.office import ALWAYS
from tests.unit.portal.catalogued import sample
from tests.unit.portal.conftest import Portal

TABLE = cases.PRODUCT
STEWARD = RoleGrant(Role.STEWARD, *ALWAYS)
HERS = RoleGrant(Role.STEWARD, *ALWAYS, department="health")
GOOD = {
    "name": "ages",
    "expectations": [{"type": "expect_column_values_to_be_between", "kwargs": {"column": "age", "min_value": 80}}],
}


def told(portal: Portal, **changes: Any) -> None:
    result = CheckResult(TABLE, "grain", "accuracy", Severity.ERROR, False, 100, 4, data_version="v1")
    portal.city.ledger.append("check", result.as_dict() | {"run_id": "1"} | changes, portal.clock.now())


def drafts(portal: Portal) -> list[Path]:
    folder = portal.city.settings.state / "drafts"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def test_a_table_shows_how_each_rule_stands_and_never_a_broken_one_as_good(portal: Portal) -> None:
    anna = portal.sign_in("anna@city.example", STEWARD)
    page = portal.ask("GET", f"/rules/{TABLE}", headers=anna).text
    assert "尚未检查" in page and "✓ 通过" not in page
    told(portal)
    assert "4 / 100" in portal.ask("GET", "/rules", headers=anna).text
    told(portal, error="no such column", rows=None, failing_rows=None)
    page = portal.ask("GET", f"/rules/{TABLE}", headers=anna).text
    assert "无法判断" in page and "4 / 100" not in page
    assert "无法判断" in portal.ask("GET", "/rules?state=broken", headers=anna).text
    assert "没有符合条件的规则" in portal.ask("GET", "/rules?state=holding", headers=anna).text
    told(portal, passed=True, rows=0, failing_rows=0)
    page = portal.ask("GET", f"/rules/{TABLE}", headers=anna).text
    assert "无可判断的行" in page and "✓ 通过" not in page
    assert portal.ask("GET", "/rules?state=good", headers=anna).status_code == 400


def test_what_is_not_ones_own_is_answered_like_what_is_not_there(portal: Portal) -> None:
    hers = portal.sign_in("carla@health.example", HERS)
    answers = {
        portal.ask("GET", f"/rules/{name}", headers={**hers, "Accept": "text/html"}).text.replace(name, "")
        for name in (TABLE, "raw.nobody__nothing")
    }
    assert len(answers) == 1 and "not yours" in answers.pop()
    assert TABLE not in portal.ask("GET", "/rules", headers=hers).text
    auditor = portal.sign_in("boris@city.example", RoleGrant(Role.AUDITOR, *ALWAYS))
    assert portal.ask("GET", "/rules", headers=auditor).status_code == 403
    sent = portal.post(f"/rules/{TABLE}", {"suite": json.dumps(GOOD), "do": "draft"}, hers)
    assert (sent.status_code, drafts(portal)) == (404, [])


def test_the_catalogue_tells_nobody_what_a_steward_wrote(portal: Portal) -> None:
    one = WrittenExpectation("suite:ages:1", "expect_column_values_to_be_between", '{"column": "age"}', Severity.ERROR)
    suites = {TABLE: Suite("ages", TABLE, (one,))}
    portal.city.catalogue = replace(portal.city.catalogue, suites=suites)
    (resource,) = [each for each in resources(portal.city.catalogue) if each.id == TABLE]
    assert [rule.name for rule in resource.rules if "suite" in rule.name] == [] != list(resource.rules)
    anna = portal.sign_in("anna@city.example", STEWARD)
    assert "suite:ages:1" in portal.ask("GET", f"/rules/{TABLE}", headers=anna).text
    assert TABLE in portal.ask("GET", "/rules?origin=suite", headers=anna).text
    assert TABLE not in portal.ask("GET", "/rules?origin=across", headers=anna).text


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "no JSON"),
        ("[]", "mapping"),
        (json.dumps({**GOOD, "expectations": []}), "list"),
        (json.dumps({**GOOD, "more": 1}), "unknown key"),
        (json.dumps(GOOD).replace('"age"', '"agee"'), "agee"),
    ],
)
@pytest.mark.parametrize("doing", ["validate", "try", "draft"])
def test_a_suite_that_is_not_sound_is_told_and_neither_tried_nor_kept(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, text: str, what: str, doing: str
) -> None:
    monkeypatch.setattr(routes, "tried_apart", None)
    anna = portal.sign_in("anna@city.example", STEWARD)
    sent = portal.post(f"/rules/{TABLE}", {"suite": text, "do": doing}, anna)
    assert sent.status_code == 400 and "处错误" in sent.text and what in sent.text
    assert drafts(portal) == [] and not list(portal.city.ledger.entries("access"))


def test_a_trial_is_on_record_before_it_is_made_and_shows_counts(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tried(settings: Any, what: Any, rows: int) -> dict[str, Any]:
        (entry,) = portal.city.ledger.entries("access")
        assert entry.body == {"subject": f"suite.{TABLE}", "rows": rows, "by": "anna@city.example"}
        check = {"rule": "suite:ages:1", "passed": False, "rows": rows, "failing_rows": 30, "error": None, "few": ""}
        return {"table": what.table, "sample": rows, "checks": [check]}

    monkeypatch.setattr(routes, "tried_apart", tried)
    monkeypatch.setattr(routes, "column_levels", lambda *_: {"age": Level.L2})
    anna = portal.sign_in("anna@city.example", STEWARD)
    sent = portal.post(f"/rules/{TABLE}", {"suite": json.dumps(GOOD), "do": "try", "rows": "250"}, anna)
    assert sent.status_code == 200 and "30 / 250" in sent.text
    assert drafts(portal) == []


def test_a_suite_is_kept_as_a_change_for_review_and_nothing_is_in_force(portal: Portal, tmp_path: Path) -> None:
    anna = portal.sign_in("anna@city.example", STEWARD)
    workspace = portal.city.settings.workspace
    for number, text in enumerate((json.dumps(GOOD, indent=2), json.dumps(GOOD, indent=4))):
        sent = portal.post(f"/rules/{TABLE}", {"suite": text.replace("\n", "\r\n"), "do": "draft"}, anna)
        assert sent.status_code == 200 and "change.patch" in sent.text
        place = workspace / "contracts" / "suites" / f"{TABLE}.json"
        assert place.is_file() is bool(number)
        entry = list(portal.city.ledger.entries("draft"))[-1]
        assert (entry.body["by"], entry.body["subject"]) == ("anna@city.example", f"suite.{TABLE}")
        folder = portal.city.settings.state / "drafts" / str(entry.body["folder"])
        # What a reviewer does: the patch makes the file, and then changes it.
        applied = subprocess.run(
            ["git", "apply", "--unsafe-paths", f"--directory={workspace}", str(folder / "change.patch")],
            cwd=workspace, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert applied.returncode == 0, applied.stderr
        assert place.read_text() == text + "\n" == (folder / "contracts/suites" / place.name).read_text()
    sent = portal.post(f"/rules/{TABLE}", {"suite": text, "do": "draft"}, anna)
    assert sent.status_code == 400 and "in force already" in sent.text


def test_of_many_tables_a_page_has_so_many_and_names_the_next(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "_A_PAGE", 5)
    portal.city.catalogue = sample()
    anna = portal.sign_in("anna@city.example", STEWARD)
    first, second = (portal.ask("GET", f"/rules?origin=derived{page}", headers=anna).text for page in ("", "&page=2"))
    assert "/rules?origin=derived&page=2" in unescape(first) and "/rules?origin=derived&page=1" in unescape(second)
    shown = [set(re.findall(r'<a href="(/rules/[^"]+)"', page)) for page in (first, second)]
    assert len(shown[0]) == len(shown[1]) == 5 and not shown[0] & shown[1]
    assert portal.ask("GET", "/rules?page=x", headers=anna).status_code == 400


BLIND = ("expect_column_values_to_not_be_null", {"column": "id"})
PATTERN = ("expect_column_values_to_match_regex", {"column": "id", "regex": "^1"})
AGES = ("expect_column_values_to_be_between", {"column": "age", "min_value": 80})
PAIR = ("expect_column_pair_values_to_be_equal", {"column_A": "age", "column_B": "id"})


@pytest.mark.parametrize(
    ("expectation", "level", "told"),
    [
        (BLIND, Level.L2, ""),
        (AGES, Level.L2, ""),
        (PATTERN, Level.L4, ""),
        (PATTERN, Level.L3, "looks at the values of 'id', of L4"),
        (PAIR, Level.L3, "'id'"),
        (AGES, Level.L1, "'age'"),
        (AGES, None, "you see no rows"),
        ((AGES[0], {**AGES[1], "row_condition": "id='1'"}), Level.L2, "'row_condition', which may name any column"),
        ((BLIND[0], {**BLIND[1], "row_condition": "id='1'"}), Level.L2, "'row_condition'"),
        ((AGES[0], {**AGES[1], "row_condition": "id='1'"}), Level.L4, ""),
        (("expect_something_new", {"field": "id"}), Level.L2, "'field'"),
        (("expect_something_new", {"value": 1}), Level.L4, "names no column"),
        ((PATTERN[0], {**PATTERN[1], "column": "ID"}), Level.L4, "no known level"),
    ],
)
def test_a_suite_on_trial_looks_at_no_value_above_what_its_author_sees_of_rows(
    expectation: tuple[str, dict[str, Any]], level: Level | None, told: str
) -> None:
    one = WrittenExpectation("suite:s:1", expectation[0], json.dumps(expectation[1]), Severity.ERROR)
    what = Judged("theme.people", "", Suite("s", "theme.people", (one,)), ())
    try:
        expect_in_sight(what, {"age": Level.L2, "id": Level.L4}, level)
        said = ""
    except SharingRefused as refusal:
        said = refusal.fault.message
    assert (told in said) if told else not said


def test_a_desk_is_told_no_count_of_few_rows_and_nothing_of_a_small_sample() -> None:
    def told_of(sample: int, failing: int | None) -> dict[str, Any]:
        check = {"rule": "r", "passed": False, "rows": sample, "failing_rows": failing, "error": None}
        (found,) = told_to_desks({"table": TABLE, "sample": sample, "checks": [check]})["checks"]
        return {name: found[name] for name in ("failing_rows", "few")}

    assert told_of(100, 5) == {"failing_rows": 5, "few": ""} == told_of(30, 5)
    assert told_of(100, 4) == {"failing_rows": None, "few": "failing"} == told_of(100, 0)
    assert told_of(100, 96) == {"failing_rows": None, "few": "holding"}
    with pytest.raises(SharingRefused, match="29 rows"):
        told_of(29, 9)


def test_a_steward_tries_no_pattern_on_what_is_above_her_rows(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "tried_apart", None)
    anna = portal.sign_in("anna@city.example", STEWARD)
    sent = portal.post(f"/rules/{TABLE}", {"suite": json.dumps(GOOD), "do": "try"}, anna)
    # No lineage was built here: no level is known, so that no value is looked at.
    assert sent.status_code == 400 and "no known level" in sent.text
    assert not list(portal.city.ledger.entries("access"))
