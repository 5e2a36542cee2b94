"""Fire brigade: callouts, and the register of hydrants."""

from __future__ import annotations

from tests.sample_city.bases import things
from tests.sample_city.city import City
from tests.sample_city.days import LAST_DELIVERY, WEEKS, decimal, events, happened, weighed
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
from tests.sample_city.places import coded, district, latitude, longitude


def extracts(city: City) -> list[Extract]:
    """Callouts at the third delivery, hydrants at the first."""
    weekly, hydrants = city.bounded(400, 20, 2000), city.bounded(100, 80, 10_000)
    return [
        Extract(city, _callouts(city, weekly), LAST_DELIVERY, events(weekly, (0, WEEKS), LAST_DELIVERY)),
        Extract(city, _hydrants(city), 0, things(hydrants, 0)),
    ]


def _callouts(city: City, weekly: int) -> Table:
    alarmed = happened(city, weekly, "alarmed")
    arrived = f"{alarmed} + to_seconds(110 + {city.below('g', 'way', 420)} + {city.below('g', 'far', 10)} // 9 * 300)"
    return Table(
        "fire.callouts",
        {
            "callout_id": coded("XC", "g", 10),
            "district": district(city.below("g", "callout", 80)),
            "callout_kind": weighed(city, "g", "callout kind", ("1", 5), ("2", 3), ("3", 6), ("4", 1)),
            "alarmed_at": alarmed,
            "arrived_at": arrived,
            "closed_at": f"{arrived} + to_minutes(10 + {city.below('g', 'on site', 180)})",
            "engines": f"1 + {city.below('g', 'engines', 4)}",
            "rescued": f"{city.below('g', 'rescued', 20)} // 17",
            "injured": f"{city.below('g', 'injured', 60)} // 58",
        },
        (
            missing("alarmed_at"),
            outside_codes("callout_kind", "7"),
            contradiction("arrived_after_alarm", {"arrived_at": f"{alarmed} - to_minutes(3)"}),
            outside_range("engines", "0"),
            *RAGGED,
        ),
    )


def _hydrants(city: City) -> Table:
    return Table(
        "fire.hydrants",
        {
            "hydrant_id": coded("XH", "n", 6),
            "district": district("n"),
            "hydrant_state": weighed(city, "n", "hydrant", ("1", 18), ("2", 1), ("3", 1)),
            "pressure_mpa": decimal(f"90 + {city.below('n', 'hydrant pressure', 220)}", 3),
            "inspected_on": f"DATE '2025-10-01' + {city.below('n', 'hydrant seen', 390)}::INTEGER",
            "longitude": longitude(city, "n", "hydrant"),
            "latitude": latitude(city, "n", "hydrant"),
        },
        (
            outside_pattern("hydrant_id", "栓12"),
            outside_codes("hydrant_state", "坏"),
            outside_range("pressure_mpa", "'99'", "range:pressure_mpa"),
            impossible_date("inspected_on"),
            *RAGGED,
        ),
    )
