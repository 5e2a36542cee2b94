"""Gas: what each district took by day, leaks, and inspections of homes."""

from __future__ import annotations

from tests.sample_city.city import City
from tests.sample_city.days import LAST_DELIVERY, all_days, amount, decimal, part, served, told
from tests.sample_city.dirt import (
    RAGGED,
    contradiction,
    not_a_number,
    outside_codes,
    outside_range,
    spelled_dates,
)
from tests.sample_city.extract import Extract, Table
from tests.sample_city.places import district


def extracts(city: City) -> list[Extract]:
    """Days, at the third delivery."""
    return [Extract(city, _supply(city), LAST_DELIVERY, all_days())]


def _supply(city: City) -> Table:
    supplied = amount(city, "gas", 5000, -250, 30)
    alarms = f"({city.below('q', 'alarms', 60)} // 50)"
    homes = f"CASE WHEN isodow(day) > 5 THEN 0 ELSE {served(city)} // 400 + {city.below('q', 'homes', 5)} END"
    return Table(
        "gas.supply_days",
        {
            "district": district("place"),
            "day": "day",
            "supplied_m3": decimal(supplied),
            "household_m3": decimal(told(part(supplied, f"550 + {city.below('q', 'gas household', 80)}"))),
            "stored_m3": decimal(part(f"{served(city)} * 18", f"900 + {city.below('q', 'stored', 200)}")),
            "pressure_mpa": decimal(f"180 + {city.below('q', 'gas pressure', 60)}", 3),
            "leak_alarms": alarms,
            "leaks_repaired": f"{alarms} - {alarms} * {city.below('q', 'not repaired', 9)} // 8",
            "homes_inspected": homes,
            "hazards_found": f"({homes}) * {city.below('q', 'hazards', 30)} // 100",
        },
        (
            not_a_number("supplied_m3", "停气检修"),
            outside_codes("district", "999009"),
            outside_range("pressure_mpa", "'-0.2'", "range:pressure_mpa"),
            contradiction("repaired_within_alarms", {"leaks_repaired": "{} + 4"}),
            *spelled_dates("day"),
            *RAGGED,
        ),
    )
