"""Urban works: construction sites and underground pipes."""

from __future__ import annotations

from tests.sample_city import words
from tests.sample_city.bases import money, things
from tests.sample_city.city import City, listed
from tests.sample_city.days import LAST_DELIVERY, decimal, weighed
from tests.sample_city.dirt import (
    RAGGED,
    contradiction,
    missing,
    not_a_number,
    outside_codes,
    outside_pattern,
    outside_range,
)
from tests.sample_city.extract import Extract, Table
from tests.sample_city.places import coded, district

_WORKS = ("住宅小区", "办公楼", "医院扩建", "学校新建", "产业园", "商业综合体")


def extracts(city: City) -> list[Extract]:
    """Sites at the third delivery, pipes at the first."""
    return [
        Extract(city, _sites(city), LAST_DELIVERY, things(city.bounded(250, 64, 4000), LAST_DELIVERY)),
        Extract(city, _pipes(city), 0, things(city.bounded(50, 240, 20_000), 0)),
    ]


def _sites(city: City) -> Table:
    started = f"(DATE '2024-08-01' + {city.below('n', 'started', 780)}::INTEGER)"
    due = f"({started} + (300 + {city.below('n', 'due', 600)})::INTEGER)"
    # One in thirteen is not finished when it is due.
    finished = f"{due} < DATE '2026-10-01' AND n % 13 <> 4"
    area = f"(2000 + {city.below('n', 'site area', 90_000)})"
    place = f"{listed(words.DISTRICTS, 'n % 8')} || {listed(words.ROADS, f'n * 7 % {len(words.ROADS)}')}"
    return Table(
        "construction.sites",
        {
            "site_id": coded("GC", "n", 6),
            "name": f"{place} || {city.choice('n', 'works', _WORKS)}",
            "district": district("n"),
            "site_status": f"CASE WHEN {finished} THEN '3' WHEN n % 11 = 5 THEN '2' ELSE '1' END",
            "floor_area": f"{area} || '.5'",
            "budget": money(f"{area} * (300000 + {city.below('n', 'budget', 400_000)})"),
            "started_on": started,
            "due_on": due,
            "workers": f"{area} // 400 + {city.below('n', 'workers', 40)}",
            "safety_score": f"60 + {city.below('n', 'safety', 40)}",
            "dust_monitored": "CASE WHEN n % 6 = 5 THEN '否' ELSE '是' END",
            "checked_on": f"DATE '2026-08-20' + {city.below('n', 'site seen', 80)}::INTEGER",
        },
        (
            missing("name"),
            not_a_number("floor_area", "待核"),
            outside_codes("site_status", "报建"),
            contradiction("due_after_start", {"due_on": f"{started} - 30"}),
            outside_range("safety_score", "'130'", "range:safety_score"),
            *RAGGED,
        ),
    )


def _pipes(city: City) -> Table:
    return Table(
        "construction.pipes",
        {
            "pipe_id": coded("GX", "n", 7),
            "district": district("n"),
            "pipe_kind": listed(("1", "2", "3", "4", "5"), "n // 8 % 5"),
            "pipe_material": weighed(city, "n", "material", ("1", 4), ("2", 1), ("3", 3), ("4", 5), ("5", 2)),
            "length_m": decimal(f"4000 + {city.below('n', 'pipe', 60_000)}"),
            "laid_year": f"1978 + {city.below('n', 'laid', 48)}",
            "inspected_on": f"DATE '2023-01-01' + {city.below('n', 'pipe seen', 1380)}::INTEGER",
        },
        (
            outside_pattern("pipe_id", "管9"),
            outside_codes("pipe_kind", "7"),
            outside_range("length_m", "0.5"),
            outside_range("laid_year", "1066"),
        ),
    )
