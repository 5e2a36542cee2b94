"""Ecology: air monitoring stations and their hourly readings, out of the stations' database."""

from __future__ import annotations

from tests.sample_city import words
from tests.sample_city.bases import things
from tests.sample_city.city import City, listed
from tests.sample_city.dirt import RAGGED, impossible_date, outside_codes, outside_range
from tests.sample_city.extract import Extract, Table
from tests.sample_city.places import coded, district, latitude, longitude

_POLLUTANTS = ("PM2.5", "PM10", "SO2", "NO2", "O3", "CO")
_HOURS = 168


def stations(city: City) -> int:
    """How many stations there are."""
    return city.bounded(2000, 6, 24)


def extracts(city: City) -> list[Extract]:
    """Stations once, readings of each week."""
    rows = stations(city) * _HOURS * len(_POLLUTANTS)
    readings = _readings(city)
    return [
        Extract(city, _stations(city), 0, things(stations(city), 0)),
        *(Extract(city, readings, d, things(rows, d)) for d in range(3)),
    ]


def _stations(city: City) -> Table:
    return Table(
        "ecology.stations",
        {
            "station_id": coded("E", "n", 3),
            "name": f"{listed(words.DISTRICTS, 'n % 8')} || '监测' || (n // 8 + 1) || '站'",
            "district": district("n"),
            "longitude": longitude(city, "n", "station"),
            "latitude": latitude(city, "n", "station"),
            "built_on": f"DATE '2012-01-01' + {city.below('n', 'station', 4000)}::INTEGER",
        },
        (outside_codes("district", "998001"), *RAGGED[:1]),
        duplicates=False,
    )


def _readings(city: City) -> Table:
    count, kinds = stations(city), len(_POLLUTANTS)
    hour = f"n // {count * kinds}"
    return Table(
        "ecology.readings",
        {
            "station_id": coded("E", f"n // {kinds} % {count}", 3),
            "pollutant": listed(_POLLUTANTS, f"n % {kinds}"),
            "measured_at": f"(TIMESTAMP '2026-10-26' + to_days((7 * d)::INTEGER) + to_hours({hour}))::VARCHAR",
            "value": f"CASE WHEN hash(n, d) % 50 = 0 THEN NULL ELSE (3 + {city.below('n', 'value', 900)}) / 10 END",
        },
        (
            outside_codes("pollutant", "CO2"),
            outside_range("value", "9999.0"),
            impossible_date("measured_at", "2026-11-05 24:30:00"),
        ),
    )
