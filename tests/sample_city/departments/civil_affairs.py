"""Civil affairs: marriages, deaths and subsidies."""

from __future__ import annotations

from tests.sample_city.bases import Base, day, residents
from tests.sample_city.city import BLOCK, City, padded
from tests.sample_city.dirt import (
    RAGGED,
    contradiction,
    fifteen_digits,
    impossible_date,
    missing,
    not_a_number,
    outside_codes,
    outside_pattern,
    outside_range,
    spelled_dates,
    surrounded,
    wrong_check_digit,
)
from tests.sample_city.extract import Extract, Table
from tests.sample_city.people import known_name, known_phone
from tests.sample_city.places import district

HUSBAND, WIFE = 5, 6
_XLSX_ROWS = 90_000


def extracts(city: City) -> list[Extract]:
    """Marriages and deaths are added; subsidies are paid, corrected by key, and paid for the next month."""
    marriages, deaths, subsidies = _marriages(city), _deaths(city), _subsidies(city)
    payees, corrected = residents(city, 0, (0, 2)), _corrected(city)
    return [
        *(Extract(city, marriages, d, _couples(city, d)) for d in range(3)),
        *(Extract(city, deaths, d, _dead(city, d)) for d in range(3)),
        Extract(city, subsidies, 0, payees),
        Extract(city, subsidies, 1, corrected, versions=corrected.rows),
        Extract(city, subsidies, 2, residents(city, 2, (0, 2))),
    ]


def death_date(city: City) -> str:
    """SQL for the day on which a resident who is on the death register died."""
    earlier = f"DATE '2026-01-05' + {city.below('i', 'died', 290)}::INTEGER"
    return f"CASE WHEN d = 0 THEN {earlier} ELSE {day(city, 'i', 'died')} END"


def deaths_by_block() -> str:
    """SQL over people: the delivery at which a resident's death is registered, or null. Place 0 of some blocks dies."""
    return "CASE WHEN r <> 0 THEN NULL WHEN b % 4 = 1 THEN 0 WHEN b % 40 = 2 THEN 1 WHEN b % 40 = 3 THEN 2 END"


def _corrected(city: City) -> Base:
    """Place 1 of every twelfth block was paid too little and is paid the rest."""
    sql = f"SELECT *, b // 12 AS n, 1 AS d FROM people WHERE r = 1 AND b % 12 = 3 AND i < {city.people}"
    return Base(sql, max(0, ((city.people + BLOCK - 2) // BLOCK - 3 + 11) // 12))


def _couples(city: City, delivery: int) -> Base:
    last = min(city.blocks, _XLSX_ROWS)
    bounds = (0, last * 9 // 10, last * 19 // 20, last)
    sql = f"""
        SELECT h.b - {bounds[delivery]} AS n, {delivery} AS d, h.b AS b, h.i AS hi, h.id AS hid, h.name AS hname,
            h.birth AS hbirth, w.i AS wi, w.id AS wid, w.name AS wname, h.building AS building
        FROM people AS h JOIN people AS w ON w.b = h.b AND w.r = {WIFE}
        WHERE h.r = {HUSBAND} AND h.b >= {bounds[delivery]} AND h.b < {bounds[delivery + 1]}
        ORDER BY h.b
    """
    return Base(sql, bounds[delivery + 1] - bounds[delivery])


def _dead(city: City, delivery: int) -> Base:
    step, rest = ((4, 1), (40, 2), (40, 3))[delivery]
    sql = f"""SELECT *, b // {step} AS n, {delivery} AS d
        FROM people WHERE r = 0 AND b % {step} = {rest} AND i < {city.people}"""
    return Base(sql, max(0, ((city.people + BLOCK - 1) // BLOCK - rest + step - 1) // step))


def _marriages(city: City) -> Table:
    earlier = f"DATE '2026-01-04' + {city.below('b', 'married', 290)}::INTEGER"
    registered = f"CASE WHEN d = 0 THEN {earlier} ELSE {day(city, 'b', 'w')} END"
    return Table(
        "civil_affairs.marriages",
        {
            "certificate_number": f"'J' || {district('b')} || '-2026-' || {padded('b', 6)}",
            "husband_id": "hid",
            "husband_name": known_name(city, "civil_affairs", "hname", "hi"),
            "wife_id": "wid",
            "wife_name": known_name(city, "civil_affairs", "wname", "wi"),
            "marital_status": f"CASE WHEN {city.below('b', 'first', 10)} < 8 THEN '21' ELSE '22' END",
            "registered_on": f"({registered})::VARCHAR",
            "registry_district": district("building"),
        },
        (
            missing("wife_name"),
            wrong_check_digit("husband_id"),
            fifteen_digits("husband_id", "hbirth"),
            contradiction("two_different_people", {"wife_id": "hid"}),
            outside_codes("marital_status", "99"),
            outside_codes("registry_district", "999009"),
            impossible_date("registered_on", "2026-06-31"),
            *spelled_dates("registered_on"),
        ),
    )


def _deaths(city: City) -> Table:
    causes = ("I21.9", "C34.9", "J18.9", "I63.9", "K70", "E11.9")
    return Table(
        "civil_affairs.deaths",
        {
            "certificate_number": f"'SW2026' || {padded('i', 9)}",
            "resident_id": "id",
            "name": known_name(city, "civil_affairs"),
            "birth_date": "birth",
            "death_date": death_date(city),
            "cause": city.choice("i", "cause", causes),
            "district": district("building"),
        },
        (
            missing("resident_id"),
            wrong_check_digit("resident_id"),
            fifteen_digits("resident_id"),
            contradiction("death_after_birth", {"death_date": "birth - 1"}),
            impossible_date("death_date", "2026-04-31"),
            outside_pattern("cause", "不明"),
            *spelled_dates("death_date"),
            *RAGGED,
        ),
        bom=True,
    )


def _subsidies(city: City) -> Table:
    standard = f"(300 + 100 * {city.below('i', 'standard', 5)})"
    return Table(
        "civil_affairs.subsidies",
        {
            "resident_id": "id",
            "subsidy_type": city.choice("i", "subsidy", ("高龄津贴", "高龄津贴", "高龄津贴", "困难救助", "残疾人补贴")),
            "month": "CASE WHEN d < 2 THEN '2026-10' ELSE '2026-11' END",
            "name": known_name(city, "civil_affairs"),
            "standard_amount": f"{standard} || '.00'",
            "paid_amount": f"({standard} - CASE WHEN d = 0 AND r = 1 AND b % 12 = 3 THEN 50 ELSE 0 END) || '.00'",
            "paid_on": "CASE WHEN d < 2 THEN DATE '2026-10-20' ELSE DATE '2026-11-10' END + (i % 4)::INTEGER",
            "phone": known_phone(city, "civil_affairs"),
            "address": "address",
            "district": district("building"),
        },
        (
            missing("resident_id"),
            missing("paid_amount"),
            wrong_check_digit("resident_id"),
            fifteen_digits("resident_id"),
            outside_codes("subsidy_type", "其他补贴"),
            outside_pattern("month", "2026-13"),
            contradiction("paid_within_standard", {"paid_amount": f"({standard} + 100) || '.00'"}),
            outside_range("paid_amount", "'-20.00'"),
            not_a_number("standard_amount"),
            surrounded("name"),
            *spelled_dates("paid_on"),
            *RAGGED,
        ),
    )
