"""The sample city, end to end through the command line, held to the truth that was planted with its deliveries.

Two runs are made: the first of the whole city, the second with one unreadable file more. The tests stand in the order
in which they must be run: the last one recalls a batch.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from lake.attach import open_lake
from lake.city import declarations
from lake.quality_past.asking import failing_since, units_now
from lake.quality_past.store import QualityPast
from lake.queries import city_lineage
from lineage.graph import ColumnRef
from sharing.ledger import Ledger
from tests.integration.conftest import (
    AMOUNT,
    BAD_DELIVERY,
    BROKEN,
    NOTE,
    PEOPLE,
    Before,
    SampleCity,
)

pytestmark = pytest.mark.city


RELEASED = {
    "civil_affairs__elderly_subsidy",
    "taxation__enterprise_status",
    "social_security__outpatient_load",
    "public__service_items",
    "public__air_quality_daily",
    "public__air_signs",
    "transport__parking_occupancy",
    "market_regulation__inspection_targets",
    "health__elderly_care",
    "housing__elderly_homes",
    "housing__service_licences",
}
WITHHELD = {
    "public_security__gate_flow": {"contract"},
    "public__star_hotels": {"quality"},
    "transport__visitor_flow": {"freshness"},
    "social_security__death_notices": {"level"},
    "health__death_causes": {"sharing_attribute"},
    "housing__household_check": {"purpose"},
    "ecology__road_lengths": {"expiry"},
    "public__tourism_monthly": {"freshness", "sharing_attribute"},
}

DEPENDS_ON_READINGS = {"public__air_quality_daily", "public__air_signs"}


# What was read.


def test_a_killed_run_leaves_what_it_finished_readable(
    city: SampleCity, killed: dict[str, Any], first: dict[str, Any]
) -> None:
    assert killed["releases"] == []
    stored = {(row["dataset"], row["batch"]): row for row in killed["datasets"] if row["state"] != "failed"}
    assert {dataset for dataset, _ in stored} == {row["dataset"] for row in city.truth("deliveries")}
    after = {(row["dataset"], row["batch"]): row for row in first["datasets"]}
    counts = ("read", "accepted", "quarantined", "reasons")
    assert [key for key, row in stored.items() if any(after[key][name] != row[name] for name in counts)] == []


def test_status_says_what_the_run_said(city: SampleCity, first: dict[str, Any]) -> None:
    status = city.ask("status")
    assert {**status, "seconds": None, "notes": []} == {**first, "seconds": None}
    assert first["seconds"] > 0


def test_every_delivery_is_read_accepted_and_quarantined_as_planted(city: SampleCity, first: dict[str, Any]) -> None:
    expected = {
        row["file"]: (row["dataset"], row["delivery"], *(int(row[n]) for n in ("rows_read", "accepted", "quarantined")))
        for row in city.truth("deliveries")
        if not row["repeats"]  # the same bytes again are the same batch
    }
    names = ("dataset", "delivered_on", "read", "accepted", "quarantined")
    assert {row["path"]: tuple(row[name] for name in names) for row in first["datasets"]} == expected
    assert len({row["batch"] for row in first["datasets"]}) == len(expected) == len(first["datasets"])
    assert all(row["read"] == row["accepted"] + row["quarantined"] for row in first["datasets"])


def test_every_reason_is_counted_as_planted(city: SampleCity, first: dict[str, Any]) -> None:
    expected: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for row in city.truth("reasons"):
        expected[row["dataset"], row["delivery"]][row["rule"]] = int(row["rows"])
    found = {(row["dataset"], row["delivered_on"]): row["reasons"] for row in first["datasets"] if row["reasons"]}
    assert found == expected


def test_rows_that_fell_to_newer_versions_are_counted_as_planted(city: SampleCity, first: dict[str, Any]) -> None:
    merged: Counter[str] = Counter()
    for row in first["datasets"]:
        merged[row["dataset"]] += row["merged"]
    assert dict(merged) == {row["dataset"]: int(row["merged"]) for row in city.truth("merged")}


def test_each_batch_is_profiled_also_where_a_run_died_and_every_dataset_has_a_score(
    city: SampleCity, first: dict[str, Any]
) -> None:
    settings = city.settings
    with Ledger.read(settings.ledger) as ledger:
        profiled = {(one.body["dataset"], one.body["batch"]): one.body["rows"] for one in ledger.entries("profile")}
        past = QualityPast(settings, ledger, declarations(settings))
        past.read_on()
    wanted = {(row["dataset"], row["batch"]): row["accepted"] for row in first["datasets"] if row["accepted"]}
    assert profiled == wanted
    with past.asked() as store:
        units = {one.name: one for one in units_now(store, past.catalogue.weights) if one.kind == "dataset"}
        failing = {one.table for one in failing_since(store)}
    assert {one.state for one in units.values()} == {"measured"} and len(units) == len(past.catalogue.datasets)
    assert {f"delivered.{dataset.replace('.', '__')}" for dataset, _ in wanted} & failing


def test_table_rules_fail_where_planted_and_no_other_blocks(city: SampleCity, first: dict[str, Any]) -> None:
    failed = {(c["table"], c["rule"], c["severity"]) for c in first["checks"] if not c["passed"]}
    planted = {
        (f"raw.{row['dataset'].replace('.', '__')}", row["rule"], row["severity"]) for row in city.truth("checks")
    }
    assert planted <= failed
    assert {one for one in failed - planted if one[2] == "error"} == set()
    assert all(c["error"] is None for c in first["checks"])


# What was released.


def test_products_that_may_leave_are_released_and_no_other(first: dict[str, Any], before: Before) -> None:
    verdicts = {row["agreement"]: row for row in first["releases"]}
    assert set(verdicts) == RELEASED | set(WITHHELD)
    assert {name for name, row in verdicts.items() if row["verdict"] == "released"} == RELEASED
    assert {row["agreement"]: row["release_id"] for row in before.releases} == {
        name: verdicts[name]["release_id"] for name in RELEASED
    }
    assert all(verdicts[name]["rows"] > 0 and not verdicts[name]["violations"] for name in RELEASED)


@pytest.mark.parametrize("agreement", WITHHELD)
def test_products_that_may_not_leave_are_withheld_by_exactly_their_gate(agreement: str, first: dict[str, Any]) -> None:
    row = next(row for row in first["releases"] if row["agreement"] == agreement)
    assert row["verdict"] == "withheld"
    assert row["release_id"] is None
    assert {violation["gate"] for violation in row["violations"]} == WITHHELD[agreement]
    assert all(violation["message"] and violation["fix"] for violation in row["violations"])


def test_explain_names_the_evidence_of_a_verdict(city: SampleCity, before: Before) -> None:
    found = city.ask("explain", "public__tourism_monthly")
    assert found["verdict"] == "withheld"
    assert {violation["gate"] for violation in found["violations"]} == WITHHELD["public__tourism_monthly"]
    sources = {source["dataset"] for source in found["evidence"]["sources"]}
    assert "culture_tourism.scenic_visits" in sources
    assert found["evidence"]["lineage"]["columns"]
    assert found["evidence"]["quality"]["tables"]


@pytest.mark.parametrize("agreement", sorted(RELEASED))
def test_a_release_verifies_by_its_folder_alone(agreement: str, city: SampleCity, before: Before) -> None:
    told = city.ask("verify", str(before.folder(agreement)))
    assert (told["valid"], told["faults"], told["current"]) == (True, [], True)
    assert (told["agreement"], told["release_id"]) == (agreement, before.folder(agreement).name)
    # The key lay beside the release, and who approved it was played: both are said.
    assert (told["key_trusted"], told["demonstration"]) == (False, True)
    assert told["acts"]


def test_one_flipped_byte_is_seen(city: SampleCity, before: Before) -> None:
    folder = before.folder("public__service_items")
    copy = city.place / "copy" / folder.parent.name / folder.name
    shutil.copytree(folder.parent.parent, city.place / "copy")
    parquet = next(copy.glob("*.parquet"))
    parquet.chmod(0o600)
    content = bytearray(parquet.read_bytes())
    content[len(content) // 2] ^= 1
    assert city.ask("verify", str(copy))["valid"]
    parquet.write_bytes(content)
    found = city.ask("verify", str(copy), status=1)
    assert not found["valid"]
    assert any(parquet.name in fault["subject"] + fault["message"] for fault in found["faults"])


def test_one_product_for_two_agencies_keeps_to_their_districts_and_cannot_be_joined(
    city: SampleCity, before: Before
) -> None:
    """Both are of the living over eighty: in some districts of the same persons, as the truth has it."""
    truth = f"read_parquet('{city.place / 'deliveries' / 'truth' / 'people.parquet'}')"
    care, homes = (
        f"read_parquet('{before.folder(name)}/*.parquet')"
        for name in ("health__elderly_care", "housing__elderly_homes")
    )
    north, south = (("999001", "999002", "999003", "999004"), ("999003", "999004", "999005", "999006"))
    with open_lake(city.settings, read_only=True) as connection:

        def counted(source: str, districts: tuple[str, ...], *, known: str = "true") -> dict[str, int]:
            asked = f"select district, count(*) from {source} where district in {districts} and {known} group by 1"
            return dict(connection.execute(asked).fetchall())

        old = "birth_date < date '1947-01-01' and death_date is null"
        told = f"{old} and id18 in (select resident_id from lake.theme.natural_person where {old})"
        for product, districts in ((care, north), (homes, south)):
            assert counted(product, districts) == counted(truth, districts, known=told) != {}
            assert connection.execute(
                f"select count(*) from {product} where district not in {districts}"
            ).fetchone() == (0,)
        both = sum(counted(truth, tuple(sorted({*north} & {*south})), known=told).values())
        joined = connection.execute(f"select count(*) from {care} join {homes} using (person_key)").fetchone()
    assert both > 0 and joined == (0,)


def test_relations_are_of_whom_the_truth_has_them(city: SampleCity, before: Before) -> None:
    """Who represents an enterprise, and when it closed; who moved house, and when."""
    truth = f"read_parquet('{city.place / 'deliveries' / 'truth' / 'enterprises.parquet'}')"
    with open_lake(city.settings, read_only=True) as connection:
        ids = "select known, city_id from lake.theme.{}__registered where known is not null"
        stand = connection.execute(
            f"""select count(*), count(*) filter (relation.person_city_id <> person.city_id),
                count(*) filter ((relation.valid_to is null) = (firm.closed and entity.status = '3'))
            from lake.theme.enterprise_person as relation
            join ({ids.format("legal_entity")}) as code on code.city_id = relation.legal_entity_city_id
            join lake.theme.legal_entity as entity on entity.city_id = code.city_id
            join {truth} as firm on firm.credit_code = code.known
            join ({ids.format("natural_person")}) as person on person.known = firm.representative_id"""
        ).fetchone()
        homes = connection.execute(
            """select count(*),
                count(*) filter (next.valid_from is distinct from home.valid_to or next.address = home.address)
            from lake.theme.household_member as home join lake.theme.household_member as next
            on next.person_city_id = home.person_city_id and next.known_from_delivery = home.known_to_delivery"""
        ).fetchone()
    assert stand and stand[0] > 200 and stand[1:] == (0, 0)
    assert homes and homes[0] > 5 and homes[1] == 0


# What can be asked.


@pytest.mark.parametrize(
    "column",
    ["product.elderly_subsidy_candidates.name", "product.open_air_quality.mean_value", "product.gate_flow.hour"],
)
def test_lineage_of_a_product_column_is_known(column: str, city: SampleCity, before: Before) -> None:
    found = city.ask("lineage", column)
    assert found["column"] == column
    assert found["unknown"] == []
    assert {edge["to"] for edge in found["edges"]} >= {column}
    assert any(edge["from"].startswith("raw.") for edge in found["edges"])


def test_no_product_column_has_an_unknown_origin(city: SampleCity, before: Before) -> None:
    settings = city.settings
    lineage = city_lineage(settings, declarations(settings))
    relations = {name for name in lineage.graph.columns if name.startswith("lake.product.")}
    assert len(relations) == len(RELEASED | set(WITHHELD))
    unknown = {name: found for name in relations if (found := _unknown(lineage.graph, name))}
    assert unknown == {}


def _unknown(graph: Any, relation: str) -> list[str]:
    refs = [ColumnRef(relation, column) for column in graph.columns[relation]]
    return [str(ref) for ref in refs if graph.unknown_upstream(ref) or not graph.edges_into(ref)]


def test_quarantine_gives_reasons_freely_and_rows_only_on_the_record(city: SampleCity, before: Before) -> None:
    expected = Counter[str]()
    for row in city.truth("reasons"):
        if row["dataset"] == "civil_affairs.subsidies":
            expected[row["rule"]] += int(row["rows"])
    found = city.ask("quarantine", "civil_affairs.subsidies")
    assert found["reasons"] == expected
    assert "rows" not in found
    assert city.accesses() == []
    shown = city.ask("quarantine", "civil_affairs.subsidies", "--rows", "--limit", "50")
    assert len(shown["rows"]) == shown["quarantined"] == found["quarantined"]
    assert [(e.key, e.body["rows"]) for e in city.accesses()] == [("quarantine.civil_affairs__subsidies", 50)]
    # What was rejected is kept as it was delivered.
    assert AMOUNT in json.dumps(shown["rows"])
    assert BROKEN in json.dumps(shown["rows"])


def test_a_person_is_found_in_the_releases_that_held_them_and_asking_is_on_record(
    city: SampleCity, before: Before
) -> None:
    folder = before.folder("civil_affairs__elderly_subsidy")
    with open_lake(city.settings, read_only=True) as connection:
        rows = connection.execute(
            f"""select resident_id, city_id in (select person_id from read_parquet('{folder}/*.parquet'))
            from lake.theme.natural_person where resident_id is not null order by 1"""
        ).fetchall()
    inside = next(resident for resident, held in rows if held)
    outside = next(resident for resident, held in rows if not held)
    found = city.ask("held", inside, "--why", "the person asked")
    assert folder.name in {row["release_id"] for row in found["held"]} and found["unknown"] == []
    without = city.ask("held", outside, "--why", "the person asked")
    assert folder.name not in {row["release_id"] for row in without["held"]}
    asked = [entry.body for entry in city.accesses() if entry.body["subject"] == "held"]
    assert [body["why"] for body in asked] == ["the person asked", "the person asked"]
    assert inside not in str(asked)


def test_who_an_entity_is_and_which_pairs_are_open(city: SampleCity, before: Before) -> None:
    with open_lake(city.settings, read_only=True) as connection:
        (known,) = connection.execute(
            "select min(city_id) from lake.registry.natural_person where identifier is not null and method = 'model'"
        ).fetchone() or ("",)
    found = city.ask("who", known)
    methods = [one["method"] for one in found["members"]]
    assert methods.count("identifier") == 1 and "model" in methods and all(one["sources"] for one in found["members"])
    assert found["stands"] and found["events"][0]["kind"] == "found" and found["weights"][0]["parts"]
    assert city.ask("who", known, "--known", "2026-01-01", status=2)["error"]
    queue = city.ask("match")["entities"]
    assert {"legal_entity", "natural_person"} <= {one["entity"] for one in queue}
    refused = city.ask("match", "natural_person", "--confirm", "1", "--as", "steward@city.example", status=2)
    assert "there is no decision 1" in refused["error"]


def test_a_higher_level_would_withhold_what_it_reaches(city: SampleCity, before: Before) -> None:
    found = city.ask("what-if", "--level", "raw.public_security__residents.name=L4")
    withheld = {row["agreement"]: row["columns_above"] for row in found["withheld"]}
    assert withheld["civil_affairs__elderly_subsidy"] == ["name"]
    assert {row["agreement"] for row in found["released"]} >= {"public__service_items", "public__air_quality_daily"}
    assert set(withheld) | {row["agreement"] for row in found["released"]} == RELEASED | set(WITHHELD)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("lineage", "product.open_air_quality.reading"), "product.open_air_quality.readings"),
        (("explain", "public__air_quality"), "public__air_quality_daily"),
        (("quarantine", "ecology.reading"), "ecology.readings"),
        (("check", "raw.ecology__reading"), "raw.ecology__readings"),
        (("what-if", "--level", "raw.ecology__readings.valu=L4"), "raw.ecology__readings.value"),
        (("what-if", "--level", "raw.ecology__readings.value"), "L1…L4"),
        (("run", "--select", "release/public__air_quality"), "public__air_quality_daily"),
        (("recall", "no-such-batch", "--why", "a test"), "zhongtai status"),
        (("verify", "no-such-folder"), "release"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_wrong_name_is_answered_with_a_hint(
    arguments: tuple[str, ...], hint: str, city: SampleCity, before: Before
) -> None:
    done = city.call(*arguments)
    assert done.status == 2, done.err
    assert hint in done.err
    assert "Traceback" not in done.err


# What a second run does.


def test_an_unreadable_delivery_withholds_what_depends_on_it_and_nothing_else(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    assert [row["path"] for row in second["datasets"] if row["state"] == "failed"] == [BAD_DELIVERY]
    was = {row["agreement"]: row["verdict"] for row in first["releases"]}
    now = {row["agreement"]: row for row in second["releases"]}
    assert {name for name, row in now.items() if row["verdict"] != was[name]} == DEPENDS_ON_READINGS
    for name in DEPENDS_ON_READINGS:
        assert now[name]["verdict"] == "withheld"
        assert any("ecology.readings" in v["subject"] + v["message"] for v in now[name]["violations"])
        assert all(violation["message"] and violation["fix"] for violation in now[name]["violations"])


def test_a_second_run_reads_and_releases_nothing_anew(
    city: SampleCity, first: dict[str, Any], before: Before, second: dict[str, Any]
) -> None:
    names = ("path", "batch", "read", "accepted", "quarantined", "merged", "reasons")
    counts = [{name: row[name] for name in names} for row in second["datasets"] if row["path"] != BAD_DELIVERY]
    assert counts == [{name: row[name] for name in names} for row in first["datasets"]]
    after = city.ask("releases")["releases"]
    assert [(row["agreement"], row["release_id"]) for row in after] == [
        (row["agreement"], row["release_id"]) for row in before.releases
    ]


def test_a_second_run_leaves_every_table_as_it_was(city: SampleCity, before: Before, second: dict[str, Any]) -> None:
    assert sum(name.startswith("product.") for name in before.versions) == len(RELEASED | set(WITHHELD))
    assert city.versions() == before.versions


def test_counts_and_chain_hold_when_recomputed(city: SampleCity, second: dict[str, Any]) -> None:
    rows = sum(int(row["rows_read"]) for row in city.truth("deliveries"))
    batches = sum(not row["repeats"] for row in city.truth("deliveries"))
    assert city.ask("audit") == {"valid": True, "batches": batches, "rows": rows, "faults": []}


# What must be nowhere.


def test_no_sensitive_value_lies_where_it_does_not_belong(city: SampleCity, second: dict[str, Any]) -> None:
    sought = _Sought.of(city)
    state = city.settings.state
    kept = [city.settings.landing, city.settings.catalog, city.settings.keys]
    files = [path for path in _files(state) if not any(str(path).startswith(str(one)) for one in kept)]
    tops = {path.relative_to(state).parts[0] for path in files}
    assert tops >= {"releases", "dbt", "dagster", "ledger.sqlite", "lake"}
    found = {str(path.relative_to(state)): hits for path in files if (hits := sought.within(path.read_bytes()))}
    assert found == {}
    assert sought.within("\n".join(city.printed).encode()) == set()


def test_the_search_would_find_them(city: SampleCity, second: dict[str, Any]) -> None:
    landed = b"\n".join(path.read_bytes() for path in _files(city.settings.landing) if path.suffix == ".csv")
    found = _Sought.of(city).within(landed)
    assert {NOTE, AMOUNT, BROKEN} < found
    assert len(found) > PEOPLE


def test_no_release_holds_an_identifier_or_a_note(city: SampleCity, before: Before) -> None:
    sought = _Sought.of(city)
    for row in before.releases:
        for file in Path(row["path"]).glob("*.parquet"):
            cells = json.dumps(pq.read_table(file).to_pydict(), default=str, ensure_ascii=False)
            assert sought.within(cells.encode()) == set(), row["agreement"]


def test_the_pseudonym_key_is_in_its_file_only(city: SampleCity, second: dict[str, Any]) -> None:
    key = (city.settings.keys / "pseudonym.key").read_bytes()
    derived = [hashlib.sha256(f"{side}{key.hex()}".encode()).hexdigest() for side in ("inner", "outer")]
    forms = [key, *(text.encode() for text in (key.hex(), key.hex().upper(), *derived))]
    holders = [path.name for path in _files(city.settings.state) if any(form in path.read_bytes() for form in forms)]
    assert holders == ["pseudonym.key"]
    assert not any(form in "\n".join(city.printed).encode() for form in forms[1:])


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


@dataclass(frozen=True)
class _Sought:
    """The canaries, and every identity number and telephone number of a resident."""

    values: frozenset[str]

    @classmethod
    def of(cls, city: SampleCity) -> _Sought:
        people = pq.read_table(city.deliveries / "truth" / "people.parquet", columns=["id18", "phone"]).to_pydict()
        numbers = {value for column in people.values() for value in column if value}
        return cls(frozenset(numbers | {NOTE, AMOUNT, BROKEN}))

    def within(self, content: bytes) -> set[str]:
        numbers = {match.decode() for pattern in _NUMBERS for match in pattern.findall(content)}
        return (numbers & self.values) | {one for one in (NOTE, AMOUNT, BROKEN) if one.encode() in content}


# An identity number anywhere; a telephone number where it is not part of a longer number or digest.
_NUMBERS = (re.compile(rb"(?=(\d{17}[\dX]))"), re.compile(rb"(?<![0-9a-f])1\d{10}(?![0-9a-f])"))


def test_nothing_asked_for_another_machine(city: SampleCity, second: dict[str, Any]) -> None:
    tries = city.attempts.read_text(encoding="utf-8") if city.attempts.exists() else ""
    assert tries == ""


def test_the_guard_would_have_noted_it(city: SampleCity) -> None:
    done = city.apart(code="import socket; socket.create_connection(('203.0.113.1', 9), 1)")
    assert done.status == 1
    assert "203.0.113.1" in city.attempts.read_text(encoding="utf-8")


# Last, for it changes what is released.


def test_a_recalled_batch_takes_its_releases_back(city: SampleCity, before: Before, second: dict[str, Any]) -> None:
    reach: dict[str, set[str]] = defaultdict(set)
    for row in before.releases:
        for batch in row["batches"]:
            reach[batch].add(row["release_id"])
    batch = next(one for one in sorted(reach) if 1 < len(reach[one]) < len(before.releases))
    found = city.ask("recall", batch, "--why", "delivered by mistake")
    assert {release["release_id"] for release in found["releases"]} == reach[batch]
    assert set(found["recipients"]) == {
        row["recipient"] for row in before.releases if row["release_id"] in reach[batch]
    }
    after = city.ask("releases")["releases"]
    assert {row["release_id"] for row in after if row["verdict"] == "withdrawn"} == reach[batch]
    gone = next(row for row in after if row["verdict"] == "withdrawn")
    assert not city.ask("verify", gone["path"], status=1)["valid"]
    assert city.ask("audit")["valid"]


def test_rules_across_departments_find_what_is_there_and_nothing_else(city: SampleCity) -> None:
    """Precision and recall of 1, by the keys, for every rule that the truth knows; each look is on the record."""
    planted: dict[str, set[str]] = {}
    for row in city.truth("across"):
        planted.setdefault(row["rule"], set()).add(row["key"])
    assert len(planted) == 6
    before = len(city.accesses())
    for name, keys in planted.items():
        tables = city.ask("rule", name, "--rows", "--limit", "10000")["tables"]
        assert sorted("|".join(row.values()) for one in tables for row in one["rows"]) == sorted(keys)
        assert sum(one["result"]["failing_rows"] for one in tables) == len(keys)
        assert not any(one["result"]["passed"] for one in tables if one["rows"])
    looks = [entry.body["subject"] for entry in city.accesses()][before:]
    assert list(dict.fromkeys(looks)) == [f"rule.{name}" for name in planted]
