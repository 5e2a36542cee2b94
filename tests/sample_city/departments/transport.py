"""Transport: road segments, vehicles at gates, stays in parking lots."""

from __future__ import annotations

from tests.sample_city import words
from tests.sample_city.bases import moment, money, things
from tests.sample_city.city import City, listed, padded
from tests.sample_city.departments.housing import lots
from tests.sample_city.dirt import (
    RAGGED,
    contradiction,
    impossible_date,
    missing,
    outside_codes,
    outside_pattern,
    outside_range,
)
from tests.sample_city.extract import Extract, Table
from tests.sample_city.identifiers import plate
from tests.sample_city.places import coded, district, latitude, longitude

_SEGMENTS = len(words.DISTRICTS) * len(words.ROADS)
_GATES = 64


def extracts(city: City) -> list[Extract]:
    """The network once; passings and stays of each week."""
    roads, passings, stays = _roads(city), _passings(city), _stays(city)
    return [
        Extract(city, roads, 0, things(_SEGMENTS, 0)),
        *(Extract(city, passings, d, things(city.people // 2, d)) for d in range(3)),
        *(Extract(city, stays, d, things(city.people * 3 // 10, d)) for d in range(3)),
    ]


def _roads(city: City) -> Table:
    return Table(
        "transport.road_segments",
        {
            "segment_id": coded("R", "n", 6),
            "name": f"{listed(words.DISTRICTS, 'n % 8')} || {listed(words.ROADS, 'n // 8')}",
            "district": district("n"),
            "road_class": listed(("1", "2", "2", "3", "3", "4", "4", "4"), "n // 8 % 8"),
            "length_m": f"200 + {city.below('n', 'length', 3000)}",
            "lanes": f"2 + {city.below('n', 'lanes', 7)}",
            "speed_limit": listed(("80", "60", "60", "50", "50", "40", "40", "30"), "n // 8 % 8"),
            "start_longitude": longitude(city, "n", "road"),
            "start_latitude": latitude(city, "n", "road"),
        },
        (outside_codes("road_class", "9"), outside_range("lanes", "40"), outside_range("speed_limit", "600"), *RAGGED),
    )


def _passings(city: City) -> Table:
    gate = city.below("n * 3 + d", "gate", _GATES)
    # One vehicle passes six times each week, and so a thirteenth time in the third.
    vehicle = f"CASE WHEN n BETWEEN 40 AND 45 THEN 0 ELSE {city.below('n * 3 + d', 'vehicle', city.vehicles)} END"
    return Table(
        "transport.gate_passings",
        {
            "passing_id": f"'K' || {padded('(d + 1) * 100000000000 + n', 12)}",
            "gate_id": coded("G", gate, 4),
            "segment_id": coded("R", f"{gate} * 5", 6),
            "plate_number": plate(city, vehicle),
            "passed_at": moment(city, "n", "passed"),
            "speed": f"(15 + {city.below('n', 'speed', 75)})::INTEGER",
            "lane": f"(1 + {city.below('n', 'lane', 4)})::INTEGER",
        },
        (
            missing("gate_id"),
            missing("passed_at"),
            outside_pattern("plate_number", "无牌"),
            outside_range("speed", "399"),
            outside_range("lane", "0"),
            outside_pattern("segment_id", "R-1"),
        ),
    )


def _stays(city: City) -> Table:
    entered = moment(city, "n", "entered")
    minutes = city.below("n", "minutes", 900)
    return Table(
        "transport.parking_events",
        {
            "event_id": f"'T' || {padded('(d + 1) * 100000000000 + n', 12)}",
            "lot_id": coded("P", city.below("n", "lot", lots(city)), 6),
            "plate_number": plate(city, city.below("n * 3 + d", "parked", max(1, city.vehicles))),
            "entered_at": entered,
            "left_at": f"CASE WHEN n % 50 = 0 THEN NULL ELSE {entered} + to_minutes({minutes}) END",
            "fee": money(f"{minutes} // 30 * 250"),
        },
        (
            missing("lot_id"),
            outside_pattern("plate_number", "看不清"),
            contradiction("left_after_entered", {"left_at": f"{entered} - to_minutes(10)"}),
            impossible_date("entered_at", "2026-11-08 25:61:00"),
            outside_range("fee", "'-3.00'"),
            *RAGGED,
        ),
    )
