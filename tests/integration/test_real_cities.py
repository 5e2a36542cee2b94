"""Real files of New York and Beijing, end to end through the command line, against an independent reading of them.

The files lie beside the project and are never part of it; where they are absent every test here skips and says so.
What is expected stands in `tests/cities/<city>/expected.yml`.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from lake.attach import open_lake
from lake.settings import load_settings
from tests.command import call

pytestmark = pytest.mark.real

ROOT = Path(__file__).resolve().parents[2]
CITIES = ROOT / "tests" / "cities"
DATA = ROOT.parent / "shared" / "data"

RELEASED = {
    "nyc": {
        "public__restaurant_grades",
        "dot__collision_hotspots",
        "dohmh__area_profile",
        "dof__lot_valuation",
        "dohmh__licensed_restaurants",
    },
    "beijing": {"public__hospital_directory", "taxation__capital_by_district", "tourism__reviews_gained"},
}
WITHHELD = {
    "nyc": {
        "public__restaurant_directory": {"level"},
        "sustainability__owner_outreach": {"sharing_attribute"},
        "public__building_energy": {"quality"},
        "nypd__licence_check": {"expiry"},
    },
    "beijing": {"public__hospital_hotline": {"level"}},
}


# Rows that no number joins: dataset -> entity, how many at least belong to the number that they have in truth, and
# how many at most to another one. With room: a little of it depends on the key of the city, which is new each time.
MATCHED = {
    "nyc": {"dohmh.restaurants_geocoded": ("premises", 9200, 60)},
    "beijing": {"tourism.spot_listings": ("scenic_spot", 1855, 12), "health.hospital_sites": ("hospital", 126, 0)},
}


@dataclass(frozen=True)
class Run:
    """One city after its run: what the command printed, what was expected, and how to ask it again."""

    city: str
    workspace: Path
    environment: dict[str, str]
    summary: dict[str, Any]
    expected: dict[str, dict[str, Any]]

    def ask(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Exit status and JSON of one command on this city."""
        return ask(self.workspace, self.environment, *arguments)

    def deliveries(self, dataset: str) -> list[dict[str, Any]]:
        """The rows of one dataset, one per delivery."""
        return [row for row in self.summary["datasets"] if row["dataset"] == dataset]


def ask(workspace: Path, environment: dict[str, str], *arguments: str) -> tuple[int, dict[str, Any]]:
    command, *rest = arguments
    done = call(command, *rest, "--workspace", str(workspace), "--json", environment=environment)
    try:
        return done.status, json.loads(done.out)
    except json.JSONDecodeError:
        said = f"{done.out[:300]}\n{done.err[-2000:]}"
        pytest.fail(f"{' '.join(arguments)} printed something else than JSON (exit {done.status}): {said}")


@pytest.fixture(scope="module", params=["nyc", "beijing"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    city: str = request.param
    deliveries = DATA / city
    if not deliveries.is_dir():
        pytest.skip(f"the real files of {city} are not at {deliveries}")
    place = tmp_path_factory.mktemp(city)
    workspace = place / "workspace"
    shutil.copytree(CITIES / city, workspace, ignore=shutil.ignore_patterns(".zhongtai", "dbt_packages", "target"))
    environment = {"ZHONGTAI_STATE": str(place / "state"), "ZHONGTAI_DELIVERIES": str(deliveries)}
    status, summary = ask(workspace, environment, "run")
    assert status == 0, summary.get("failure")
    expected = yaml.safe_load((CITIES / city / "expected.yml").read_text(encoding="utf-8"))["datasets"]
    return Run(city, workspace, environment, summary, expected)


def test_every_declared_dataset_was_delivered_and_no_other(run: Run) -> None:
    assert Counter(row["dataset"] for row in run.summary["datasets"]) == {
        name: one["deliveries"] for name, one in run.expected.items()
    }


def test_no_record_is_lost(run: Run) -> None:
    for name, one in run.expected.items():
        rows = run.deliveries(name)
        assert sum(row["read"] for row in rows) == one["records"], name
        assert all(row["read"] == row["accepted"] + row["quarantined"] for row in rows), name


def test_quarantine_holds_the_rows_that_break_a_rule_and_says_which(run: Run) -> None:
    for name, one in run.expected.items():
        reasons: Counter[str] = Counter()
        for row in run.deliveries(name):
            reasons.update(row["reasons"])
            assert row["quarantined"] <= sum(row["reasons"].values()), name
            assert all(row["reasons"].values()), name
        assert dict(reasons) == one["reasons"], name


def test_rows_that_fall_to_a_newer_version_are_counted_as_merged(run: Run) -> None:
    for name, one in run.expected.items():
        assert sum(row["merged"] for row in run.deliveries(name)) == one["merged"], name


def test_every_quarantined_row_has_a_reason(run: Run) -> None:
    worst = max(run.expected, key=lambda name: sum(row["quarantined"] for row in run.deliveries(name)))
    status, answer = run.ask("quarantine", worst)
    assert status == 0
    assert {reason for row in run.deliveries(worst) for reason in row["reasons"]} <= set(_words(answer))


def test_conservation_recomputed_from_the_lake(run: Run) -> None:
    status, audit = run.ask("audit")
    assert (status, audit["valid"], audit["faults"]) == (0, True, [])


def test_rows_that_no_number_joins_belong_to_what_they_are(run: Run) -> None:
    for dataset, (entity, least, most) in MATCHED[run.city].items():
        truth, found = _true_numbers(run.city), _found_numbers(run, entity, dataset)
        right = sum(truth.get(key, key) == number for key, number in found.items())
        wrong = sum(number not in (None, truth.get(key, key)) for key, number in found.items())
        assert (right >= least, wrong <= most) == (True, True), (dataset, right, wrong)


def test_most_bars_are_in_a_restaurant_that_is_inspected(run: Run) -> None:
    if run.city == "nyc":
        found = _found_numbers(run, "premises", "sla.bar_licences")
        assert sum(number is not None for number in found.values()) >= 2_750


def test_a_gate_belongs_to_the_school_whose_name_it_bears(run: Run) -> None:
    """Beijing lists gates. Within half a kilometre, under one name but for the gate, in one district: one school."""
    if run.city == "beijing":
        with open_lake(load_settings(run.workspace, run.environment), read_only=True) as lake:
            gates = lake.execute(_GATES).fetchone()
            campuses = lake.execute("select count(*), count(distinct campus_id) from lake.theme.school").fetchone()
            both = lake.execute(_BOTH_LEVELS).fetchone()
        assert gates is not None and campuses is not None and both is not None
        assert gates[0] == 351 and gates[1] >= 345
        assert campuses[0] == 2474 and 1800 <= campuses[1] <= 1920
        # Some schools have both levels; a few that share the name of a village are taken for one.
        assert both[0] <= 30


_GATES = """
with gates as (select *, regexp_replace(name, '（[^）]*门）$', '') as plain from lake.theme.school)
select count(*), count(*) filter (gate.campus_id = school.campus_id)
from gates as gate inner join gates as school
  on gate.plain = school.name and gate.district = school.district and gate.level = school.level
where gate.name <> gate.plain
  and sqrt(
    power(gate.latitude - school.latitude, 2) + power(0.766 * (gate.longitude - school.longitude), 2)
  ) * 111 < 0.5
"""
_BOTH_LEVELS = """
select count(*) from (select campus_id from lake.theme.school group by campus_id having count(distinct level) > 1)
"""


def _found_numbers(run: Run, entity: str, dataset: str) -> dict[str, str | None]:
    """By the one key that a dataset's rows have: the number of the thing that each belongs to."""
    with open_lake(load_settings(run.workspace, run.environment), read_only=True) as lake:
        rows = lake.execute(f"select _key, identifier from lake.registry.{entity} where dataset = $of", {"of": dataset})
        return {str(key).rpartition(":")[2]: number for key, number in rows.fetchall()}


def _true_numbers(city: str) -> dict[str, str]:
    """By a row's key the number that it has in truth, where that is not the key itself.

    The geocoded restaurants are, row by row, those of the inspections.
    """
    if city != "nyc":
        return {}
    geocoded, inspected = (
        list(csv.DictReader((DATA / city / "market_regulation" / name).open(encoding="utf-8-sig")))
        for name in ("restaurants_geocoded.csv", "dohmh_restaurants_manhattan.csv")
    )
    return {one["X"]: other["CAMIS"] for one, other in zip(geocoded, inspected, strict=True)}


def test_products_that_may_leave_are_released(run: Run) -> None:
    verdicts = {row["agreement"]: row for row in run.summary["releases"]}
    for agreement in RELEASED[run.city]:
        assert verdicts[agreement]["verdict"] == "released", verdicts[agreement]["violations"]
        assert verdicts[agreement]["rows"] > 0


def test_products_that_may_not_leave_are_withheld_by_the_gate_that_forbids_it(run: Run) -> None:
    verdicts = {row["agreement"]: row for row in run.summary["releases"]}
    assert set(verdicts) == RELEASED[run.city] | set(WITHHELD[run.city])
    for agreement, gates in WITHHELD[run.city].items():
        violations = verdicts[agreement]["violations"]
        assert verdicts[agreement]["verdict"] == "withheld", agreement
        assert {violation["gate"] for violation in violations} >= gates, violations
        assert all(violation["message"] and violation["fix"] for violation in violations)


def test_a_release_verifies_by_its_folder_alone(run: Run) -> None:
    status, answer = run.ask("releases")
    assert status == 0
    released = [row for row in answer["releases"] if row["verdict"] == "released"]
    assert {row["agreement"] for row in released} == RELEASED[run.city]
    status, verified = run.ask("verify", released[0]["path"])
    assert (status, verified["valid"], verified["faults"]) == (0, True, [])


def test_a_second_run_reads_nothing_anew_and_releases_nothing_new(run: Run) -> None:
    _, before = run.ask("releases")
    status, again = run.ask("run")
    assert status == 0
    assert [_counts(row) for row in again["datasets"]] == [_counts(row) for row in run.summary["datasets"]]
    assert _released(run.ask("releases")[1]) == _released(before)


def _counts(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("dataset", "batch", "read", "accepted", "quarantined", "merged"))


def _released(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((row["agreement"], row["release_id"]) for row in answer["releases"] if row["verdict"] == "released")


def _words(value: object) -> list[str]:
    """Every string and key in a JSON answer."""
    if isinstance(value, dict):
        return [*map(str, value), *(word for one in value.values() for word in _words(one))]
    if isinstance(value, list):
        return [word for one in value for word in _words(one)]
    return [value] if isinstance(value, str) else []
