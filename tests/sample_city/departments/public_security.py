"""Public security: the resident register and the vehicles."""

from __future__ import annotations

from tests.sample_city import words
from tests.sample_city.bases import Base, every, residents, since, then
from tests.sample_city.city import City
from tests.sample_city.dirt import (
    RAGGED,
    both,
    contradiction,
    fifteen_digits,
    impossible_date,
    missing,
    outside_codes,
    outside_pattern,
    outside_range,
    spelled_dates,
    surrounded,
    wrong_check_digit,
)
from tests.sample_city.extract import Extract, Table
from tests.sample_city.identifiers import plate
from tests.sample_city.places import building_address, coded, district

VEHICLE_PLACES = (4, 10)


def extracts(city: City) -> list[Extract]:
    """Residents: all, then twice those who moved house or came; vehicles: three snapshots."""
    everyone = Base(f"SELECT *, i AS n, 0 AS d FROM people WHERE i < {city.people}", city.people)
    moved = [every("people", "i", (50, 6 + d), city.people, d) for d in (1, 2)]
    new = [since("people", "i", city.residents(d - 1), city.residents(d), d) for d in (1, 2)]
    register, vehicles = _residents(city), _vehicles(city)
    return [
        Extract(city, register, 0, everyone),
        Extract(city, register, 1, then(moved[0], new[0]), versions=moved[0].rows),
        Extract(city, register, 2, then(moved[1], new[1]), versions=moved[1].rows, moved=True),
        *(Extract(city, vehicles, d, residents(city, d, VEHICLE_PLACES)) for d in range(3)),
    ]


def _residents(city: City) -> Table:
    home = f"(building + d * 7) % {city.buildings}"
    groups = ("02", "03", "05", "08", "11", "12", "13", "15")
    arrival = f"greatest(birth, DATE '1985-01-01' + {city.below('i', 'arrival', 15_000)}::INTEGER)"
    new_address = f"{building_address(home)} || (i % 4 + 1) || '单元' || (i % 9 + 1) || '01室'"
    return Table(
        "public_security.residents",
        {
            "resident_id": "id",
            "name": "name",
            "sex": "CASE WHEN male THEN '男' ELSE '女' END",
            "birth_date": "birth",
            "ethnic_group": f"CASE WHEN {city.below('i', 'han', 100)} < 92 THEN '01' "
            f"ELSE {city.choice('i', 'group', groups)} END",
            "height": f"CASE WHEN r >= 16 THEN 80 ELSE 150 END + {city.below('i', 'height', 40)}",
            "district": district(home),
            "address": f"CASE WHEN d = 0 THEN address ELSE {new_address} END",
            "building_id": coded("B", home, 8),
            "moved_in": f"CASE WHEN d = 0 THEN {arrival} ELSE DATE '2026-10-28' + (7 * d)::INTEGER END",
            "phone": f"CASE WHEN {city.below('i', 'has phone', 100)} < 85 THEN phone END",
            "police_note": f"CASE WHEN {city.below('i', 'noted', 50)} = 0 "
            f"THEN {city.choice('i', 'note', words.POLICE_NOTES)} END",
        },
        (
            missing("resident_id"),
            missing("name"),
            wrong_check_digit("resident_id"),
            fifteen_digits("resident_id"),
            outside_codes("sex", "其他"),
            outside_codes("ethnic_group", "75"),
            outside_codes("district", "998001"),
            outside_range("height", "1720"),
            impossible_date("birth_date"),
            *spelled_dates("birth_date"),
            surrounded("name"),
            contradiction("moved_in_after_birth", {"moved_in": "birth - 400"}),
            outside_pattern("phone", "12345"),
            outside_pattern("building_id", "B12"),
            both(wrong_check_digit("resident_id"), outside_range("height", "9")),
            *RAGGED,
        ),
        quoted=frozenset({"police_note"}),
    )


def _vehicles(city: City) -> Table:
    odd = city.choice("i", "status", ("G", "Q"))
    registered = f"(DATE '2008-01-01' + {city.below('i', 'registered', 6800)}::INTEGER)"
    return Table(
        "public_security.vehicles",
        {
            "plate_number": plate(city, "n"),
            "vehicle_type": city.choice("i", "kind", ("02", "02", "02", "02", "02", "52", "52", "01", "07")),
            "owner_id": "id",
            "owner_name": "name",
            "brand": city.choice("i", "brand", words.BRANDS),
            "seats": city.choice("i", "seats", ("5", "5", "5", "5", "7", "2")),
            "registered_on": registered,
            "inspection_until": f"(DATE '2026-12-01' + {city.below('i', 'inspected', 700)}::INTEGER)",
            "vehicle_status": f"CASE WHEN hash(i, d) % 100 < 96 THEN 'A' ELSE {odd} END",
        },
        (
            missing("plate_number"),
            outside_pattern("plate_number", "无牌"),
            outside_codes("vehicle_type", "99"),
            wrong_check_digit("owner_id"),
            fifteen_digits("owner_id"),
            outside_range("seats", "500"),
            impossible_date("registered_on", "2019-13-01"),
            *spelled_dates("registered_on"),
            contradiction("inspection_after_registration", {"inspection_until": f"{registered} - 30"}),
            outside_codes("vehicle_status", "Z"),
            *RAGGED,
        ),
    )
