"""Taxation: the yearly credit rating of enterprises, out of the tax system's database."""

from __future__ import annotations

from tests.sample_city.bases import every
from tests.sample_city.city import City
from tests.sample_city.dirt import impossible_date, missing, outside_codes, wrong_check_digit
from tests.sample_city.extract import Extract, Table


def extracts(city: City) -> list[Extract]:
    """One snapshot at the first delivery."""
    return [Extract(city, _ratings(city), 0, every("enterprises", "e", (1, 0), city.enterprises(0), 0))]


def _ratings(city: City) -> Table:
    renamed = f"hash(e, {city.salt('tax name')}) % 100 = 0"
    return Table(
        "taxation.credit_ratings",
        {
            "credit_code": "code",
            "name": f"CASE WHEN {renamed} THEN replace(name, '有限公司', '有限责任公司') ELSE name END",
            "rating_year": "2025",
            "credit_rating": city.choice("e", "rating", ("A", "A", "A", "B", "B", "B", "B", "M", "M", "C", "D")),
            "assessed_on": f"(DATE '2026-04-01' + {city.below('e', 'assessed', 28)}::INTEGER)::VARCHAR",
            "phone": "CASE WHEN e % 20 = 0 THEN NULL ELSE phone END",
        },
        (
            missing("name"),
            wrong_check_digit("credit_code"),
            outside_codes("credit_rating", "E"),
            impossible_date("assessed_on", "2026-04-31"),
        ),
    )
