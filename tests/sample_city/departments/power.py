"""Power: electricity that each district took by day, how much it was loaded, and how often it was interrupted."""

from __future__ import annotations

from tests.sample_city.city import City
from tests.sample_city.days import LAST_DELIVERY, all_days, amount, decimal, part, served, told
from tests.sample_city.dirt import contradiction, missing, outside_codes, outside_range
from tests.sample_city.extract import Extract, Table
from tests.sample_city.places import district


def extracts(city: City) -> list[Extract]:
    """Days, at the third delivery."""
    return [Extract(city, _supply(city), LAST_DELIVERY, all_days())]


def _supply(city: City) -> Table:
    energy = amount(city, "power", 200_000, 180, 65)
    peak = part(energy, f"1300 + {city.below('q', 'peak', 250)}")
    industry = "CASE WHEN isodow(day) > 5 THEN 300 ELSE 420 END"
    cut = f"({city.below('q', 'interruptions', 20)} // 17)"
    customers = f"({cut} * (30 + {city.below('q', 'interrupted', 300)}))"
    return Table(
        "power.supply_days",
        {
            "district": district("place"),
            "day": "day",
            "energy_kwh": decimal(energy),
            "industrial_kwh": decimal(told(part(energy, industry))),
            "household_kwh": decimal(told(part(energy, f"260 + {city.below('q', 'household', 60)}"))),
            "clean_kwh": decimal(part(energy, f"300 + 80 * t // 365 + {city.below('q', 'clean', 60)}")),
            "charging_kwh": decimal(part(energy, f"20 + 15 * t // 365 + {city.below('q', 'charging', 6)}")),
            "peak_load_kw": decimal(f"{peak} // 24"),
            "capacity_kw": decimal(f"{served(city)} * 21"),
            "interruptions": cut,
            "customers_interrupted": customers,
            "interrupted_minutes": f"{customers} * (15 + {city.below('q', 'minutes', 90)})",
        },
        (
            missing("energy_kwh"),
            outside_codes("district", "998001"),
            outside_range("peak_load_kw", "999999999.0"),
            contradiction("clean_within_whole", {"clean_kwh": "{} * 9"}),
        ),
    )
