"""Water: what the waterworks and the sewage works of each district did by day, and weekly samples of rivers."""

from __future__ import annotations

from tests.sample_city.bases import Base
from tests.sample_city.city import City, listed
from tests.sample_city.days import FIRST, LAST_DELIVERY, WEEKS, amount, decimal, first_days, last_days, part, told
from tests.sample_city.dirt import (
    RAGGED,
    contradiction,
    impossible_date,
    not_a_number,
    outside_codes,
    outside_range,
    spelled_dates,
)
from tests.sample_city.extract import Extract, Table
from tests.sample_city.places import coded, district

_SECTIONS = 24


def extracts(city: City) -> list[Extract]:
    """Days at the first delivery and, with a week revised, at the third; samples at the third."""
    supply, (again, versions) = _supply(city), last_days()
    return [
        Extract(city, supply, 0, first_days()),
        Extract(city, supply, LAST_DELIVERY, again, versions),
        Extract(city, _samples(city), LAST_DELIVERY, _weeks()),
    ]


def _weeks() -> Base:
    sql = f"""SELECT n, {LAST_DELIVERY} AS d, n % {_SECTIONS} AS s, n // {_SECTIONS} AS week
        FROM range({WEEKS * _SECTIONS}) AS t(n)"""
    return Base(sql, WEEKS * _SECTIONS)


def _supply(city: City) -> Table:
    supplied = amount(city, "water", 2000, 120, 40)
    sold = part(supplied, f"880 + {city.below('q', 'water sold', 40)}")
    sewage = part(supplied, "820")
    treated = part(sewage, f"950 + {city.below('q', 'treated', 40)}")
    samples = f"(4 + {city.below('q', 'samples', 4)})"
    bursts = f"({city.below('q', 'bursts', 30)} // 28)"
    return Table(
        "water.supply_days",
        {
            "district": district("place"),
            "day": "day",
            "supplied_m3": decimal(supplied),
            "sold_m3": decimal(told(sold)),
            "pressure_mpa": decimal(f"260 + {city.below('q', 'water pressure', 90)}", 3),
            "samples": samples,
            "samples_passed": f"{samples} - {city.below('q', 'sample failed', 40)} // 39",
            "bursts": bursts,
            "households_cut_off": f"{bursts} * (20 + {city.below('q', 'cut off', 200)})",
            "sewage_m3": decimal(sewage),
            "treated_m3": decimal(told(treated)),
            "reclaimed_m3": decimal(part(treated, f"220 + 60 * t // 365 + {city.below('q', 'reclaimed', 30)}")),
        },
        (
            not_a_number("supplied_m3", "水表故障"),
            contradiction("sold_within_supplied", {"sold_m3": f"{{}} + {decimal(supplied)}"}),
            outside_range("pressure_mpa", "'26.5'", "range:pressure_mpa"),
            impossible_date("day", "2026-09-31"),
            *spelled_dates("day"),
            *RAGGED,
        ),
    )


def _samples(city: City) -> Table:
    key = f"week * {_SECTIONS} + s"
    quality = listed(("1", "2", "2", "2", "3", "3", "3", "3", "4", "4", "5", "6"), city.below(key, "river", 12))
    return Table(
        "water.river_samples",
        {
            "section_id": coded("DM", "s", 4),
            # Each section on a weekday of its own. SQLite has no days of its own, and keeps text.
            "sampled_on": f"(DATE '{FIRST}' + (week * 7 + s % 5)::INTEGER)::VARCHAR",
            "district": district("s"),
            "water_quality": quality,
            "dissolved_oxygen": f"(9000 - {quality}::INTEGER * 1000 + {city.below(key, 'oxygen', 900)}) / 1000",
            "ammonia_nitrogen": f"({quality}::INTEGER * 260 + {city.below(key, 'ammonia', 200)}) / 1000",
            "permanganate_index": f"({quality}::INTEGER * 1800 + {city.below(key, 'permanganate', 1500)}) / 1000",
            "total_phosphorus": f"({quality}::INTEGER * 50 + {city.below(key, 'phosphorus', 40)}) / 1000",
        },
        (
            outside_codes("water_quality", "9"),
            outside_range("dissolved_oxygen", "88.0"),
            impossible_date("sampled_on", "2026-06-31"),
        ),
    )
