"""Weather: each district's day as its station has it, and the warnings of the weather service."""

from __future__ import annotations

from tests.sample_city.bases import Base
from tests.sample_city.city import City
from tests.sample_city.days import FIRST, LAST_DELIVERY, WEEKS, all_days, decimal, weighed
from tests.sample_city.dirt import (
    RAGGED,
    contradiction,
    impossible_date,
    missing,
    outside_codes,
    outside_pattern,
    outside_range,
)
from tests.sample_city.extract import Extract, Table
from tests.sample_city.places import coded, district

_WARNINGS = 184
_KINDS = (("02", 5), ("09", 4), ("05", 3), ("12", 2), ("07", 2), ("14", 1), ("04", 1), ("13", 1))


def extracts(city: City) -> list[Extract]:
    """Days and warnings, at the third delivery."""
    return [
        Extract(city, _days(city), LAST_DELIVERY, all_days()),
        Extract(city, _warnings(city), LAST_DELIVERY, _issued()),
    ]


def _issued() -> Base:
    """Warnings, evenly in time: `t` is the day's number."""
    sql = f"SELECT n, {LAST_DELIVERY} AS d, n * {WEEKS * 7} // {_WARNINGS} AS t FROM range({_WARNINGS}) AS t(n)"
    return Base(sql, _WARNINGS)


def _days(city: City) -> Table:
    mean = f"(30 + warm * 255 // 182 + {city.below('t', 'warmth', 81)} - 40 + {city.below('q', 'warmth', 11)})"
    wet = f"{city.below('t', 'wet', 10)} < 3"
    heavy = city.below("t", "rain", 28)
    rain = f"{heavy} * {heavy} + {city.below('q', 'rain', 20)}"
    wind = f"20 + {city.below('t', 'wind', 60)} + {city.below('q', 'wind', 20)}"
    return Table(
        "weather.district_days",
        {
            "district": district("place"),
            "day": "day::VARCHAR",
            "mean_temperature": decimal(mean),
            "highest_temperature": decimal(f"{mean} + 30 + {city.below('q', 'highest', 40)}"),
            "lowest_temperature": decimal(f"{mean} - 30 - {city.below('q', 'lowest', 40)}"),
            "rainfall_mm": decimal(f"CASE WHEN {wet} THEN {rain} ELSE 0 END"),
            "humidity": f"55 + {city.below('t', 'humid', 25)} + CASE WHEN {wet} THEN 15 ELSE 0 END",
            "highest_wind": decimal(f"{wind} + CASE t % 97 WHEN 0 THEN 110 ELSE 0 END"),
            "visibility_m": f"CASE t % 53 WHEN 7 THEN 300 + {city.below('q', 'fog', 500)} "
            f"ELSE 2000 + {city.below('q', 'seen', 18_000)} END",
            "sunshine_hours": decimal(
                f"CASE WHEN {wet} THEN {city.below('q', 'cloudy', 20)} ELSE 50 + {city.below('q', 'sunny', 50)} END"
            ),
        },
        (
            missing("mean_temperature"),
            outside_range("humidity", "999", "range:humidity"),
            outside_range("rainfall_mm", "-9.9", "range:rainfall_mm"),
            impossible_date("day", "2026-02-29"),
        ),
    )


def _warnings(city: City) -> Table:
    issued = f"(TIMESTAMP '{FIRST}' + to_days(t::INTEGER) + to_seconds({city.below('n', 'issued', 80_000)}))"
    lifted = f"{issued} + to_minutes(90 + {city.below('n', 'lifted', 1700)})"
    return Table(
        "weather.warnings",
        {
            "warning_id": coded("YJ", "n", 8),
            "district": district(city.below("n", "warned", 8)),
            "warning_kind": weighed(city, "n", "kind", *_KINDS),
            "warning_colour": weighed(city, "n", "colour", ("4", 8), ("3", 5), ("2", 2), ("1", 1)),
            "issued_at": issued,
            "lifted_at": f"CASE WHEN n > 170 AND n % 11 = 10 THEN NULL ELSE {lifted} END",
        },
        (
            outside_pattern("warning_id", "预警2026"),
            outside_codes("warning_colour", "紫"),
            contradiction("lifted_after_issued", {"lifted_at": f"{issued} - to_minutes(20)"}),
            *RAGGED,
        ),
    )
