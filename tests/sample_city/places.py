"""Where things are: the spelling of districts, addresses, codes and coordinates of numbered places, as SQL."""

from __future__ import annotations

from tests.sample_city import words
from tests.sample_city.city import City, listed, padded


def district(number: str) -> str:
    """SQL for the administrative division (999001 to 999008) of a numbered place."""
    return f"(999001 + ({number}) % {len(words.DISTRICTS)})::VARCHAR"


def building_address(number: str) -> str:
    """SQL for the address of a numbered building: no two buildings share one."""
    areas, roads = len(words.DISTRICTS), len(words.ROADS)
    name = listed(words.DISTRICTS, f"({number}) % {areas}")
    road = listed(words.ROADS, f"({number}) // {areas} % {roads}")
    return f"'示例市' || {name} || {road} || (({number}) // {areas * roads} + 1) || '号'"


def coded(prefix: str, number: str, digits: int) -> str:
    """SQL for a code: a prefix and a number with leading zeros."""
    return f"'{prefix}' || {padded(number, digits)}"


def longitude(city: City, number: str, name: str) -> str:
    """SQL for a longitude in the sample city, which lies in the East China Sea."""
    return f"(124.5 + {city.below(number, f'{name} x', 500_000)} / 1e6)::DECIMAL(9, 6)"


def latitude(city: City, number: str, name: str) -> str:
    """SQL for a latitude in the sample city."""
    return f"(28.5 + {city.below(number, f'{name} y', 400_000)} / 1e6)::DECIMAL(8, 6)"
