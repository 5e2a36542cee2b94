"""A map of districts as SVG: outlines, a shade for how much, and the number written in each. Nothing is fetched."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from itertools import pairwise

from contracts.districts import District, Point

_WIDE, _SHADES = 640.0, 5
_Place = tuple[float, float, float, float]
"""West, north, units of the picture for a degree of longitude, and of latitude."""


def drawn(districts: Mapping[str, District], shades: Mapping[str, int], words: Mapping[str, tuple[str, str]]) -> str:
    """The map; `shades` has 1 to 5 for a district, `words` its name and its number. Empty where there is no outline."""
    if not districts:
        return ""
    place, high = _fitted([point for one in districts.values() for ring in one.rings for point in ring])
    shapes = "".join(_shape(one, place, shades.get(code, 0)) for code, one in sorted(districts.items()))
    texts = "".join(_text(one, place, words.get(code, (code, "–"))) for code, one in sorted(districts.items()))
    label = "; ".join(f"{name} {number}" for name, number in words.values())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="map" role="img" aria-label="{escape(label)}" '
        f'viewBox="0 0 {_WIDE:.0f} {high:.0f}">{shapes}{texts}</svg>'
    )


def shades(numbers: Mapping[str, float]) -> dict[str, int]:
    """1 to 5 for each number: fifths between the least and the most."""
    if not numbers:
        return {}
    least, most = min(numbers.values()), max(numbers.values())
    width = (most - least) or 1.0
    return {key: min(_SHADES, 1 + int(_SHADES * (number - least) / width)) for key, number in numbers.items()}


def _fitted(points: list[Point]) -> tuple[_Place, float]:
    west, east = min(one[0] for one in points), max(one[0] for one in points)
    south, north = min(one[1] for one in points), max(one[1] for one in points)
    # As wide as it is on the ground, in the middle of the city: a city is too small for more than that.
    narrowed = max(math.cos(math.radians((south + north) / 2)), 0.01)
    across = _WIDE / ((east - west) or 1.0)
    return (west, north, across, across / narrowed), (north - south) * across / narrowed


def _at(point: Point, place: _Place) -> tuple[float, float]:
    west, north, across, down = place
    return (point[0] - west) * across, (north - point[1]) * down


def _shape(one: District, place: _Place, shade: int) -> str:
    path = "".join(
        "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in (_at(point, place) for point in ring[:-1])) + "Z"
        for ring in one.rings
    )
    return (
        f'<path d="{path}" fill="var(--accent)" fill-opacity="{0.08 + 0.14 * shade:.2f}" fill-rule="evenodd" '
        'stroke="currentColor" stroke-opacity="0.5"/>'
    )


def _text(one: District, place: _Place, words: tuple[str, str]) -> str:
    ring = max(one.rings, key=lambda each: abs(_area(each)))
    x, y = _at(_middle(ring), place)
    name, number = map(escape, words)
    return (
        f'<text x="{x:.1f}" y="{y - 6:.1f}" text-anchor="middle" font-size="15" fill="currentColor">{name}</text>'
        f'<text x="{x:.1f}" y="{y + 16:.1f}" text-anchor="middle" font-size="19" font-weight="600" '
        f'fill="currentColor">{number}</text>'
    )


def _area(ring: tuple[Point, ...]) -> float:
    pairs = pairwise(ring)
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs) / 2


def _middle(ring: tuple[Point, ...]) -> Point:
    """The centre of mass of a ring."""
    area = _area(ring)
    if not area:
        return ring[0]
    # Around the first point: far from the origin, differences of products lose their places.
    own = [(x - ring[0][0], y - ring[0][1]) for x, y in ring]
    pairs = list(pairwise(own))
    crossed = [a[0] * b[1] - b[0] * a[1] for a, b in pairs]
    x = sum((a[0] + b[0]) * each for (a, b), each in zip(pairs, crossed, strict=True)) / (6 * area)
    y = sum((a[1] + b[1]) * each for (a, b), each in zip(pairs, crossed, strict=True)) / (6 * area)
    return ring[0][0] + x, ring[0][1] + y
