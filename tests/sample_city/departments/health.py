"""Health: outpatient visits and the facilities."""

from __future__ import annotations

from tests.sample_city import words
from tests.sample_city.bases import Base, moment, money, residents, things
from tests.sample_city.city import City, listed, padded
from tests.sample_city.dirt import (
    contradiction,
    fifteen_digits,
    missing,
    outside_codes,
    outside_pattern,
    outside_range,
    wrong_check_digit,
)
from tests.sample_city.extract import Extract, Table
from tests.sample_city.identifiers import with_credit_code
from tests.sample_city.places import building_address, coded, district, latitude, longitude

_PLACES = ((0, 8), (4, 12), (10, 20))
_INSTITUTION = 12


def facilities(city: City) -> int:
    """How many facilities there are."""
    return city.bounded(2000, 48, 2000)


def extracts(city: City) -> list[Extract]:
    """Visits of other residents each week; facilities twice."""
    visits, places = _visits(city), _facilities(city)
    there = [things(facilities(city), d) for d in range(2)]
    registered = [Base(with_credit_code(city, base.sql, "n", "code", _INSTITUTION), base.rows) for base in there]
    return [
        *(Extract(city, visits, d, residents(city, d, _PLACES[d], known=0)) for d in range(3)),
        *(Extract(city, places, d, base) for d, base in enumerate(registered)),
    ]


def _visits(city: City) -> Table:
    cents = f"(2000 + {city.below('i', 'cost', 300_000)})"
    total, paid = money(cents), money(f"{cents} * 3 // 10")
    return Table(
        "health.visits",
        {
            "visit_id": f"'V' || {padded('(d + 1) * 100000000000 + n', 12)}",
            "resident_id": "id",
            "facility_id": coded("H", city.below("i", "facility", facilities(city)), 6),
            "medical_department": city.choice("i", "ward", ("03", "03", "04", "05", "07", "10", "12", "20", "50")),
            "diagnosis": city.choice(
                "i", "illness", ("J06.9", "I10.x", "E11.9", "K29.5", "M54.5", "N39.0", "H10.9", "S93")
            ),
            "visited_at": moment(city, "i", "visit"),
            "total_cost": total,
            "self_paid": paid,
        },
        (
            missing("resident_id"),
            missing("facility_id"),
            wrong_check_digit("resident_id"),
            fifteen_digits("resident_id"),
            outside_codes("medical_department", "99"),
            outside_pattern("diagnosis", "不明"),
            outside_range("total_cost", "(-5)::DECIMAL(12, 2)", "total_cost_range", "self_paid_within_total"),
            contradiction("self_paid_within_total", {"self_paid": f"({total} + 1)::DECIMAL(12, 2)"}),
        ),
    )


def _facilities(city: City) -> Table:
    kinds = ("人民医院", "专科医院", "社区卫生服务中心", "诊所", "诊所")
    return Table(
        "health.facilities",
        {
            "facility_id": coded("H", "n", 6),
            "credit_code": "code",
            "name": f"'示例市' || {listed(words.DISTRICTS, 'n % 8')} || '第' || (n // 8 + 1) || "
            f"{listed(kinds, 'n % 5')}",
            "facility_type": listed(("A1", "A2", "B1", "C1", "C1"), "n % 5"),
            "district": district("n"),
            "address": building_address("n"),
            "longitude": f"{longitude(city, 'n', 'facility')}::DOUBLE",
            "latitude": f"{latitude(city, 'n', 'facility')}::DOUBLE",
            "phone": f"'0999-' || (6000000 + {city.below('n', 'desk', 1_000_000)})",
            "beds": "CASE WHEN n % 5 < 2 THEN 100 + n % 900 + d * 10 ELSE n % 30 END",
        },
        (
            wrong_check_digit("credit_code"),
            missing("name"),
            outside_codes("facility_type", "X9"),
            outside_range("beds", "99999"),
            outside_range("latitude", "128.5", "range:latitude"),
        ),
    )
