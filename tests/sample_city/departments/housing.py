"""Housing: buildings, who owns what in them, and parking lots."""

from __future__ import annotations

from tests.sample_city import words
from tests.sample_city.bases import Base, day, every, residents, then, things
from tests.sample_city.city import BLOCK, City, padded
from tests.sample_city.dirt import (
    RAGGED,
    Fault,
    contradiction,
    fifteen_digits,
    missing,
    not_a_number,
    outside_codes,
    outside_pattern,
    outside_range,
    spelled_dates,
    wrong_check_digit,
)
from tests.sample_city.extract import Extract, Table
from tests.sample_city.people import known_name, known_phone
from tests.sample_city.places import building_address, coded, district, latitude, longitude


def lots(city: City) -> int:
    """How many parking lots there are."""
    return city.bounded(800, 40, 20_000)


def extracts(city: City) -> list[Extract]:
    """Buildings and lots twice; titles by key, then some that changed hands."""
    buildings, ownership, parking = _buildings(city), _ownership(city), _lots(city)
    sold = [_sold(city, d) for d in (1, 2)]
    return [
        *(Extract(city, buildings, d, things(city.buildings, d)) for d in range(2)),
        Extract(city, ownership, 0, _titles(city)),
        *(Extract(city, ownership, d, sold[d - 1], versions=sold[d - 1].rows) for d in (1, 2)),
        *(Extract(city, parking, d, things(lots(city), d)) for d in range(2)),
    ]


def _titles(city: City) -> Base:
    persons = residents(city, 0, (4, 10))
    firms = every("enterprises", "e", (5, 0), city.enterprises(0), 0)
    private = Base(
        f"SELECT n, d, i, NULL::INTEGER AS e, id, birth, name, phone, building, employer FROM ({persons.sql})",
        persons.rows,
    )
    business = Base(f"SELECT n, d, e, code, name, phone, building FROM ({firms.sql})", firms.rows)
    return then(private, business)


def _sold(city: City, delivery: int) -> Base:
    """Titles of place 4 in every fiftieth block, as the resident of the next place owns them now."""
    rest = 2 + delivery
    sql = f"""SELECT b // 50 AS n, {delivery} AS d, i - 1 AS i, NULL::INTEGER AS e, NULL AS code, id, birth, name,
            phone, building, employer
        FROM people WHERE r = 5 AND b % 50 = {rest} AND b < {city.people // BLOCK}"""
    return Base(sql, max(0, (city.blocks - rest + 49) // 50))


def _buildings(city: City) -> Table:
    return Table(
        "housing.buildings",
        {
            "building_id": coded("B", "n", 8),
            "address": building_address("n"),
            "district": district("n"),
            "building_use": city.choice("n", "use", ("10",) * 7 + ("20", "30", "40", "50")),
            "floors": f"1 + {city.below('n', 'floors', 33)}",
            "built_year": f"1975 + {city.below('n', 'built', 50)}",
            "floor_area": f"2000 + {city.below('n', 'area', 40_000)} + d * 5",
            "longitude": longitude(city, "n", "building"),
            "latitude": latitude(city, "n", "building"),
        },
        (
            missing("building_id"),
            outside_codes("district", "998001"),
            outside_codes("building_use", "99"),
            outside_range("floors", "999"),
            outside_range("built_year", "1066"),
            not_a_number("built_year", "八十年代"),
            outside_range("longitude", "1245.6", "range:longitude"),
            outside_pattern("building_id", "B-17"),
            *RAGGED,
        ),
        bom=True,
    )


def _ownership(city: City) -> Table:
    number = f"CASE WHEN e IS NULL THEN 'BDC' || {padded('i', 9)} ELSE 'BDQ' || {padded('e', 9)} END"
    earlier = f"DATE '2000-01-01' + {city.below(number, 'titled', 9700)}::INTEGER"
    private = "e IS NULL"
    return Table(
        "housing.ownership",
        {
            "certificate_number": number,
            "building_id": coded("B", "building", 8),
            "owner_kind": f"CASE WHEN {private} THEN '1' ELSE '2' END",
            "owner_id": "id",
            "owner_code": "code",
            "owner_name": f"CASE WHEN {private} THEN {known_name(city, 'housing')} ELSE name END",
            "unit_area": f"35 + {city.below(number, 'unit', 160)} || '.5'",
            "registered_on": f"CASE WHEN d = 0 THEN {earlier} ELSE {day(city, 'i', 'sold')} END",
            "phone": f"CASE WHEN {private} THEN {known_phone(city, 'housing')} ELSE phone END",
            # One right to the land in eight has ended.
            "land_use_until": f"DATE '2020-12-31' + {city.below(number, 'land use', 18_000)}::INTEGER",
            "objection_state": city.choice(number, "title objection", words.TITLE_OBJECTIONS),
        },
        (
            missing("certificate_number"),
            missing("owner_name"),
            wrong_check_digit("owner_id", private),
            fifteen_digits("owner_id"),
            outside_codes("owner_kind", "3", "owner_identified"),
            contradiction("owner_identified", {"owner_code": "employer"}, private),
            outside_range("unit_area", "'0.1'"),
            outside_pattern("building_id", "甲3号楼"),
            *spelled_dates("registered_on"),
            *RAGGED,
        ),
    )


def _lots(city: City) -> Table:
    building = f"n * 3 % {city.buildings}"
    return Table(
        "housing.parking_lots",
        {
            "lot_id": coded("P", "n", 6),
            "name": f"{building_address(building)} || '停车场'",
            "building_id": coded("B", building, 8),
            "district": district(building),
            "spaces": f"20 + {city.below('n', 'spaces', 400)} + d",
            "longitude": longitude(city, building, "building"),
            "latitude": latitude(city, building, "building"),
        },
        (
            missing("name"),
            outside_range("spaces", "0"),
            outside_codes("district", "000000"),
            outside_pattern("lot_id", "停1"),
            # Accepted: fewer spaces than vehicles stood in it.
            Fault("over_capacity", {"spaces": "1"}, share=20),
        ),
    )
