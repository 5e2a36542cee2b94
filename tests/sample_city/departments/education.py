"""Education: the register of schools and kindergartens."""

from __future__ import annotations

from tests.sample_city import words
from tests.sample_city.bases import things
from tests.sample_city.city import City, listed
from tests.sample_city.dirt import contradiction, missing, outside_codes, outside_pattern
from tests.sample_city.extract import Extract, Table
from tests.sample_city.places import coded, district

_KINDS = ("1", "1", "1", "1", "2", "2", "2", "3", "3", "4", "5", "6")
_NAMES = (*("幼儿园",) * 4, *("小学",) * 3, *("初级中学",) * 2, "高级中学", "职业学校", "特殊教育学校")


def extracts(city: City) -> list[Extract]:
    """Schools once."""
    return [Extract(city, _schools(city), 0, things(city.bounded(200, 64, 4000), 0))]


def _schools(city: City) -> Table:
    kind = f"(n // 8 + n) % {len(_KINDS)}"
    # As many places as the city's children need, spread over its schools.
    each = max(20, city.people * 17 // 100 // city.bounded(200, 64, 4000))
    places = f"({each} + {city.below('n', 'places', each)})"
    pupils = f"({places} * (780 + {city.below('n', 'pupils', 260)}) // 1000)"
    place = f"{listed(words.DISTRICTS, 'n % 8')} || {listed(words.ROADS, f'n // 8 * 3 % {len(words.ROADS)}')}"
    return Table(
        "education.schools",
        {
            "school_id": coded("XX", "n", 5),
            "name": f"{place} || {listed(_NAMES, kind)}",
            "district": district("n"),
            "school_kind": listed(_KINDS, kind),
            "is_public": "CASE WHEN n % 5 = 4 THEN '否' ELSE '是' END",
            "places": places,
            "pupils": pupils,
            "classes": f"{pupils} // 38 + 1",
            "teachers": f"{pupils} // (12 + {city.below('n', 'taught', 5)}) + 1",
            "floor_area": f"{places} * (8 + {city.below('n', 'school area', 7)})",
            "opened_year": f"1950 + {city.below('n', 'opened', 75)}",
        },
        (
            missing("name"),
            outside_codes("school_kind", "大学"),
            outside_pattern("school_id", "一小"),
            contradiction("teachers_within_pupils", {"teachers": "{} * 20 + 900"}),
        ),
        duplicates=False,
    )
