"""Culture and tourism: scenic spots, used bookings, hotels.

Bookings are promised daily and stop at the second delivery: stale. A fifth of the hotels lacks its fire certificate:
below what the contract promises.
"""

from __future__ import annotations

from tests.sample_city import words
from tests.sample_city.bases import Base, day, things
from tests.sample_city.city import City, listed, padded
from tests.sample_city.dirt import (
    RAGGED,
    impossible_date,
    missing,
    not_a_number,
    outside_codes,
    outside_pattern,
    outside_range,
    spelled_dates,
    wrong_check_digit,
)
from tests.sample_city.extract import Extract, Table
from tests.sample_city.identifiers import phone
from tests.sample_city.places import building_address, coded, district, latitude, longitude

_SPOTS = 48


def extracts(city: City) -> list[Extract]:
    """Spots once, bookings twice, hotels at the first and the third delivery."""
    visits, hotels = _visits(city), _hotels(city)
    return [
        Extract(city, _spots(city), 0, things(_SPOTS, 0)),
        *(Extract(city, visits, d, things(city.people // 5, d)) for d in range(2)),
        *(Extract(city, hotels, d, _inns(city, d)) for d in (0, 2)),
    ]


def _inns(city: City, delivery: int) -> Base:
    """Every tenth enterprise or so keeps an inn."""
    count = city.bounded(1500, 80, 3000)
    step = city.enterprises(0) // count
    sql = f"SELECT *, e // {step} AS n, {delivery} AS d FROM enterprises WHERE e % {step} = 0 AND e < {step * count}"
    return Base(sql, count)


def _spots(city: City) -> Table:
    return Table(
        "culture_tourism.scenic_spots",
        {
            "spot_id": coded("S", "n", 4),
            "name": f"{listed(words.DISTRICTS, 'n % 8')} || {listed(words.SPOTS, 'n // 4')}",
            "spot_grade": listed(("AAAAA", "AAAA", "AAA", "AAA", "AA", "AAAA"), "n % 6"),
            "district": district("n"),
            "address": building_address("n * 11"),
            "longitude": f"{longitude(city, 'n', 'spot')}::DOUBLE",
            "latitude": f"{latitude(city, 'n', 'spot')}::DOUBLE",
            "capacity": f"1000 + {city.below('n', 'capacity', 40)} * 500",
        },
        (outside_codes("spot_grade", "6A"), outside_range("capacity", "0")),
        duplicates=False,
    )


def _visits(city: City) -> Table:
    return Table(
        "culture_tourism.scenic_visits",
        {
            "ticket_id": f"'M' || {padded('(d + 1) * 100000000000 + n', 12)}",
            "spot_id": coded("S", city.below("n", "spot", _SPOTS), 4),
            "phone": phone(city, "n", "booking"),
            "visitors": f"1 + {city.below('n', 'visitors', 6)}",
            "entered_on": day(city, "n", "entered scenic"),
            "ticket_price": f"{city.below('n', 'price', 12)} * 10 || '.00'",
        },
        (
            missing("ticket_id"),
            outside_pattern("spot_id", "云栖山"),
            outside_range("visitors", "900"),
            not_a_number("visitors", "三人"),
            impossible_date("entered_on", "2026-10-32"),
            *spelled_dates("entered_on"),
            *RAGGED,
        ),
    )


def _hotels(city: City) -> Table:
    return Table(
        "culture_tourism.hotels",
        {
            "credit_code": "code",
            "name": f"{listed(words.DISTRICTS, 'building % 8')} || {city.choice('e', 'inn', words.FIRM_FIRST)} || "
            f"{city.choice('e', 'inn2', words.FIRM_SECOND)} || {city.choice('e', 'inn3', words.INNS)}",
            "hotel_grade": city.choice("e", "stars", ("0", "0", "0", "2", "3", "3", "4", "5")),
            "district": district("building"),
            "address": "address",
            "rooms": f"20 + {city.below('e', 'rooms', 300)} + d",
            "fire_certificate": f"CASE WHEN n % 5 <> 4 THEN 'XF' || {padded('e', 8)} END",
            "phone": f"'0999-' || (7000000 + {city.below('e', 'front desk', 1_000_000)})",
        },
        (
            wrong_check_digit("credit_code"),
            missing("name"),
            outside_codes("hotel_grade", "7"),
            outside_range("rooms", "0"),
            outside_codes("district", "999009"),
            *RAGGED,
        ),
        bom=True,
    )
