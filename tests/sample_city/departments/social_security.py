"""Social security: who is insured, by which employer."""

from __future__ import annotations

from tests.sample_city.bases import residents
from tests.sample_city.city import City
from tests.sample_city.dirt import (
    RAGGED,
    fifteen_digits,
    missing,
    not_a_number,
    outside_codes,
    outside_range,
    spelled_dates,
    surrounded,
    wrong_check_digit,
)
from tests.sample_city.extract import Extract, Table
from tests.sample_city.people import known_name, known_phone
from tests.sample_city.places import district


def extracts(city: City) -> list[Extract]:
    """The register of the insured, whole, at the first and the third delivery."""
    table = _enrolments(city)
    return [Extract(city, table, d, residents(city, d, (4, 15))) for d in (0, 2)]


def _enrolments(city: City) -> Table:
    employed = f"{city.below('i', 'employed', 10)} < 9"
    status = city.choice("i", "status", ("正常参保",) * 18 + ("暂停缴费", "终止参保"))
    return Table(
        "social_security.enrolments",
        {
            "resident_id": "id",
            "insurance_scheme": city.choice("i", "scheme", ("110", "110", "310", "170")),
            "name": known_name(city, "social_security"),
            "credit_code": f"CASE WHEN {employed} THEN employer END",
            "enrolment_status": f"CASE WHEN d > 0 AND i % 97 = 0 THEN '终止参保' ELSE {status} END",
            "enrolled_on": f"(greatest(birth + 6600, DATE '1990-01-01') + {city.below('i', 'enrolled', 600)}::INTEGER)",
            "contribution_base": f"(4000 + {city.below('i', 'base', 300)} * 50) || '.00'",
            "phone": known_phone(city, "social_security"),
            "district": district("building"),
        },
        (
            missing("resident_id"),
            wrong_check_digit("resident_id"),
            fifteen_digits("resident_id"),
            wrong_check_digit("credit_code", employed),
            outside_codes("insurance_scheme", "999"),
            outside_codes("enrolment_status", "未知"),
            outside_range("contribution_base", "'990000.00'"),
            not_a_number("contribution_base"),
            surrounded("name"),
            *spelled_dates("enrolled_on"),
            *RAGGED,
        ),
    )
