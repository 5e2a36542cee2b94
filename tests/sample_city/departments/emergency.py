"""Emergency management: incidents, which come again when they are closed, and shelters."""

from __future__ import annotations

from tests.sample_city import words
from tests.sample_city.bases import Base, money, then, things
from tests.sample_city.city import City, listed
from tests.sample_city.days import LAST_DELIVERY, NEW_WEEKS, WEEKS, events, happened, weighed
from tests.sample_city.dirt import RAGGED, contradiction, missing, outside_codes, outside_range
from tests.sample_city.extract import Extract, Table
from tests.sample_city.places import coded, district, latitude, longitude

# So many weeks are in the first delivery; of the incidents of the last of them one in five is still open.
_TOLD, _OPEN_WEEKS = WEEKS - NEW_WEEKS, 4


def extracts(city: City) -> list[Extract]:
    """Incidents at the first and the third delivery, shelters at the first."""
    weekly = city.bounded(2000, 8, 400)
    incidents, left = _incidents(city, weekly), _left_open(weekly)
    new = events(weekly, (_TOLD, WEEKS), LAST_DELIVERY)
    return [
        Extract(city, incidents, 0, events(weekly, (0, _TOLD), 0)),
        Extract(city, incidents, LAST_DELIVERY, then(left, new), left.rows),
        Extract(city, _shelters(city), 0, things(city.bounded(500, 40, 800), 0)),
    ]


def _left_open(weekly: int) -> Base:
    """The incidents that the first delivery left open."""
    since = (_TOLD - _OPEN_WEEKS) * weekly
    first = since + (2 - since) % 5
    count = len(range(first, _TOLD * weekly, 5))
    return Base(f"SELECT n, {LAST_DELIVERY} AS d, n * 5 + {first} AS g FROM range({count}) AS t(n)", count)


def _incidents(city: City, weekly: int) -> Table:
    when = happened(city, weekly, "incident")
    reported = f"{when} + to_minutes(2 + {city.below('g', 'reported', 50)})"
    since = f"CASE d WHEN 0 THEN {(_TOLD - _OPEN_WEEKS) * weekly} ELSE {_TOLD * weekly} END"
    closed = f"{reported} + to_minutes(40 + {city.below('g', 'closed', 2400)})"
    return Table(
        "emergency.incidents",
        {
            "incident_id": coded("TF", "g", 10),
            "district": district(city.below("g", "incident", 80)),
            "emergency_kind": weighed(city, "g", "incident kind", ("2", 5), ("1", 3), ("3", 1), ("4", 1)),
            "emergency_level": weighed(city, "g", "incident level", ("4", 30), ("3", 3), ("2", 1)),
            "happened_at": when,
            "reported_at": reported,
            "closed_at": f"CASE WHEN g % 5 = 2 AND g >= {since} THEN NULL ELSE {closed} END",
            "deaths": f"{city.below('g', 'deaths', 90)} // 89",
            "injured": f"{city.below('g', 'hurt', 12)} // 9",
            "loss": money(f"{city.below('g', 'loss', 9_000_000)} * 10"),
        },
        (
            outside_codes("emergency_level", "9"),
            contradiction("closed_after_reported", {"closed_at": f"{when} - to_minutes(5)"}),
            missing("happened_at"),
            *RAGGED,
        ),
    )


def _shelters(city: City) -> Table:
    place = f"{listed(words.DISTRICTS, 'n % 8')} || {listed(words.ROADS, f'n * 3 % {len(words.ROADS)}')}"
    capacity = f"(300 + {city.below('n', 'capacity of shelter', 40)} * 50)"
    return Table(
        "emergency.shelters",
        {
            "shelter_id": coded("BN", "n", 4),
            "name": f"{place} || '应急避难场所'",
            "district": district("n"),
            "capacity": capacity,
            "area": f"{capacity} * 2",
            "is_open": "CASE WHEN n % 17 = 16 THEN '否' ELSE '是' END",
            "stocked_days": f"3 + {city.below('n', 'stocked', 12)}",
            "checked_on": f"(DATE '2026-02-01' + {city.below('n', 'shelter seen', 270)}::INTEGER)::VARCHAR",
            "longitude": f"{longitude(city, 'n', 'shelter')}::DOUBLE",
            "latitude": f"{latitude(city, 'n', 'shelter')}::DOUBLE",
        },
        (missing("name"), outside_range("capacity", "0"), outside_codes("district", "998001")),
        duplicates=False,
    )
