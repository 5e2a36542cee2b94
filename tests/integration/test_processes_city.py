"""Services, events and what is counted beside them on the sample city, held to what was planted and to plain Python."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest

from contracts.working_days import add_working_days
from lake.attach import open_lake
from lake.city import declarations
from lake.queries import city_lineage
from lineage.graph import ColumnRef
from tests.integration.conftest import SampleCity

pytestmark = pytest.mark.city

TODAY = date(2026, 11, 21)
STEPS = ("found_at", "assigned_at", "checked_at", "closed_at")
_SERVICE = ("government_services__service_items", "government_services__cases")


def _rows(city: SampleCity, query: str) -> list[dict[str, Any]]:
    with open_lake(city.settings, read_only=True) as lake:
        cursor = lake.execute(query)
        names = [str(one[0]) for one in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _planted(city: SampleCity, dataset: str) -> dict[str, str]:
    """Key -> the fault planted in a row that was accepted all the same."""
    table = pq.read_table(city.deliveries / "truth" / "planted.parquet").to_pylist()
    found = [one for one in table if one["dataset"] == dataset and not one["quarantined"]]
    return {one["key"]: one["kind"] for one in found if one["kind"] not in ("duplicate", "newer_version")}


# Services.


@pytest.fixture(scope="module")
def exempt(city: SampleCity, first: dict[str, Any]) -> dict[str, Any]:
    """What `zhongtai exempt` says after the run."""
    return city.ask("exempt")


@pytest.fixture(scope="module")
def processes(city: SampleCity, first: dict[str, Any]) -> dict[str, Any]:
    """What `zhongtai events` says after the run."""
    return city.ask("events")


def test_exactly_the_planted_items_need_no_material(city: SampleCity, exempt: dict[str, Any]) -> None:
    found = exempt
    without = {one["item"] for one in found["items"] if one["exempt"]}
    assert without == {row["item"] for row in city.truth("exempt")} and len(without) > 10
    assert found["totals"]["city_services"]["items"] == len(found["items"]) == 406
    assert 120 <= found["totals"]["city_services"]["without_visit"] <= 160
    for one in found["items"]:
        assert one["exempt"] == (not one["exempt_reasons"]) and one["without_visit"] == (not one["visit_reasons"])
        assert one["exempt"] <= all(not material["needed"] for material in one["materials"])
    by_share = [one for one in found["items"] if one["exempt"] and one["department"] == "housing"]
    served = {f["by"] for one in by_share for material in one["materials"] for f in material["fields"]}
    assert served == {"housing", "housing__service_licences"}


def test_the_share_that_would_exempt_most_is_told_first_and_each_run_leaves_a_point(
    city: SampleCity, exempt: dict[str, Any]
) -> None:
    numbers = [one["items"] for one in exempt["shares"]]
    assert numbers == sorted(numbers, reverse=True) and numbers[-1] > 0
    counts = {key: exempt["totals"]["city_services"][key] for key in ("items", "exempt", "without_visit")}
    assert {key: exempt["history"][-1][key] for key in counts} == counts
    found = city.ask("exempt", "--agency", "health", "--item", "SX999000-0010")
    (one,) = found["items"]
    assert not one["exempt"] and "no agreement shares it with health" in one["exempt_reasons"][0]
    assert {share["department"] for share in found["shares"]} == {"health"}
    assert city.call("exempt", "--item", "SX0").status == 2


def test_rates_of_cases_are_those_of_counting_working_days(city: SampleCity, first: dict[str, Any]) -> None:
    items, cases = (_rows(city, f"select * from lake.staging.stg_{name}") for name in _SERVICE)
    known = {one["item_code"]: one for one in items}
    counted: dict[tuple[str, date], Counter[str]] = defaultdict(Counter)
    for case in cases:
        item, began = known.get(case["item_code"]), case["accepted_at"].date()
        of = counted[item["agency"] if item else "未列事项", began.replace(day=1)]
        of["cases"] += 1
        visits = 0 if case["channel"] in ("web", "app") else item["visits_needed"] if item else None
        of["one_visit"] += visits is not None and visits <= 1
        if item is None or item["promised_days"] is None:
            of["no_promise"] += 1
        elif case["finished_at"]:
            of["finished"] += 1
            of["on_time"] += case["finished_at"].date() <= add_working_days(began, item["promised_days"])
    found = {
        (one["agency"], one["month"]): Counter(
            {key: one[key] for key in ("cases", "one_visit", "finished", "on_time", "no_promise")}
        )
        for one in _rows(city, "select * from lake.theme.service_performance")
    }
    assert found == counted and any(one["on_time"] < one["finished"] for one in found.values())


# Events.


def _state(event: dict[str, Any]) -> str:
    reached = 0
    for number in range(1, 4):
        earlier, now = event[STEPS[number - 1]], event[STEPS[number]]
        names = [name.removesuffix("_at") for name in (STEPS[number], STEPS[number - 1])]
        if now and (earlier is None or now < earlier):
            return ("_before_" if earlier else "_without_").join(names)
        reached = number if now else reached
    return "in_order" if reached == 3 else f"open_{STEPS[reached].removesuffix('_at')}"


def test_every_event_has_the_state_that_was_planted(city: SampleCity, first: dict[str, Any]) -> None:
    events = _rows(city, "select * from lake.theme.governance_event")
    planted = _planted(city, "urban_operations.events")
    violations = {key: kind for key, kind in planted.items() if kind != "unrouted"}
    wrong = {
        one["event_id"]: one["state"] for one in events if one["state"] != "in_order" and one["state"][:5] != "open_"
    }
    assert wrong == violations and len(set(violations.values())) == 5
    assert {one["event_id"] for one in events if one["owner"] is None} == planted.keys() - violations.keys()
    assert [one for one in events if one["state"] != _state(one)] == []


def test_clocks_owners_and_repeated_events_are_as_declared(city: SampleCity, first: dict[str, Any]) -> None:
    routing = declarations(city.settings).routing["governance_event"]
    routes = {(category, district): route for category, district, route in routing.places()}
    events = _rows(city, "select * from lake.theme.governance_event order by found_at, event_id")
    last: dict[tuple[str, str], datetime] = {}
    for one in events:
        route, found, place = (
            routes.get((one["category"], one["district"])),
            one["found_at"],
            (one["place"], one["category"]),
        )
        due = add_working_days(found.date(), route.close_days) if route else None
        assert (one["owner"], one["due_on"]) == (route.owner if route else None, due)
        assert one["closed_late"] == bool(due and one["closed_at"] and one["closed_at"].date() > due)
        assert one["assigned_late"] == bool(
            route and one["minutes_to_assign"] is not None and one["minutes_to_assign"] > 60 * route.assign_hours
        )
        earlier = last.get(place)
        near = earlier is not None and (found.date() - earlier.date()) <= timedelta(routing.repeat_days)
        assert one["repeated"] == bool(near and route), one["event_id"]
        last[place] = found
    assert any(one["repeated"] for one in events) and any(one["assigned_late"] for one in events)


def test_conformance_is_counted_on_the_day_of_asking(
    city: SampleCity, first: dict[str, Any], processes: dict[str, Any]
) -> None:
    found = {one["process"]: one for one in processes["processes"]}
    for table, told in found.items():
        rows = _rows(city, f"select * from lake.theme.{table}")
        states = Counter(one["state"] for one in rows)
        assert {**told["violations"], **told["open_by_state"], "in_order": told["in_order"]} == states
        overdue = [one for one in rows if one["state"][:5] == "open_" and one["due_on"] and one["due_on"] < TODAY]
        assert told["overdue"] == len(overdue) == sum(one["overdue"] for one in told["owners"]) > 0
        assert told["conformance"] == round(states["in_order"] / (len(rows) - told["open"]), 4)
    assert found["governance_event"]["unrouted"] > 0 and found["hotline_ticket"]["unrouted"] == 0
    checks = {(c["table"], c["rule"]): c for c in first["checks"]}
    failed = checks["theme.governance_event", "state_in_order"]
    assert not failed["passed"] and failed["severity"] == "warning"


# What is on record until a day, lots, plates, and visitors.


def test_nothing_expired_or_objected_to_is_counted_as_valid(
    city: SampleCity, first: dict[str, Any], processes: dict[str, Any]
) -> None:
    told = {one["table"]: one for one in processes["records"]}
    assert told.keys() == {"theme.credit_record", "theme.property_title"}
    for table, one in told.items():
        rows = _rows(city, f"select * from lake.{table}")
        valid = [
            r
            for r in rows
            if r["objection_state"] in ("none", "rejected") and r["expires_on"] and r["expires_on"] >= TODAY
        ]
        assert one["valid"] == len(valid) < one["records"] == len(rows)
        assert one["expired"] > 0 and one["objected"] > 0 and all(row["source"] for row in rows)
    checks = {(c["table"], c["rule"]): c["passed"] for c in first["checks"]}
    assert all(
        checks[table, rule] for table in told for rule in ("never_valid_past_its_end", "never_valid_under_objection")
    )


def test_lots_hold_no_more_than_they_have_spaces_but_where_planted(city: SampleCity, first: dict[str, Any]) -> None:
    planted = {key for key, kind in _planted(city, "housing.parking_lots").items() if kind == "over_capacity"}
    days = _rows(city, "select * from lake.theme.parking_day")
    over = {one["lot_id"] for one in days if one["over_capacity"]}
    assert over and over <= planted
    stays = """select lot_id, entered_at, coalesce(left_at, date_trunc('day', entered_at) + interval 1 day
        - interval 1 second) as gone_at from lake.staging.stg_transport__parking_events
        where lot_id is not null and entered_at is not null"""
    # Whoever is there as another enters, himself included.
    counted = _rows(
        city,
        f"""with stays as ({stays}) select lot_id, day, max(there) as there from (
        select one.lot_id, cast(one.entered_at as date) as day, count(*) as there
        from stays as one join stays as other on other.lot_id = one.lot_id and other.entered_at <= one.entered_at
            and (other.gone_at > one.entered_at or other.entered_at = one.entered_at)
        group by one.lot_id, one.entered_at, day) group by lot_id, day""",
    )
    peaks = {(one["lot_id"], one["day"]): one["peak_occupancy"] for one in days}
    entered = {(one["lot_id"], one["day"]): one["there"] for one in counted}
    assert entered.keys() == peaks.keys() and all(peaks[key] >= there for key, there in entered.items())
    assert sum(peaks[key] == there for key, there in entered.items()) > len(peaks) * 0.8
    checks = {(c["table"], c["rule"]): c for c in first["checks"]}
    assert not checks["theme.parking_day", "within_capacity"]["passed"]


def test_a_thirteenth_passing_is_flagged_and_plates_stay_as_sensitive(city: SampleCity, first: dict[str, Any]) -> None:
    found = {
        (one["plate_number"], one["year"]): one["passings"]
        for one in _rows(city, "select * from lake.theme.plate_year where over_limit")
    }
    truth = {(one["plate_number"], int(one["year"])): int(one["passings"]) for one in city.truth("passing")}
    assert found == truth and truth
    levels = city_lineage(city.settings, declarations(city.settings)).levels
    plate = levels.effective(ColumnRef("lake.staging.stg_transport__gate_passings", "plate_number"))
    assert levels.effective(ColumnRef("lake.theme.plate_year", "plate_number")) == plate
    assert levels.effective(ColumnRef("lake.theme.plate_year", "passings")) >= "L2"


def test_no_week_of_a_district_shows_fewer_than_ten_parties(city: SampleCity, first: dict[str, Any]) -> None:
    shown = _rows(city, "select * from lake.theme.district_week")
    counted = _rows(
        city,
        """select spots.district, date_trunc('week', entered_on)::date as week, count(*) as parties
        from lake.staging.stg_culture_tourism__scenic_visits
        join lake.staging.stg_culture_tourism__scenic_spots as spots using (spot_id)
         where spots.district is not null and entered_on is not null group by all""",
    )
    told = {(one["district"], one["week"]): one["bookings"] for one in shown}
    parties = {(one["district"], one["week"]): one["parties"] for one in counted}
    assert told == {key: number for key, number in parties.items() if number >= 10}
    assert all(one["hotels"] and one["rooms"] and one["visitors_per_room"] > 0 for one in shown)
    checks = {(c["table"], c["rule"]): c["passed"] for c in first["checks"]}
    assert checks["theme.district_week", "ten_bookings"]
