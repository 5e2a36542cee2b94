"""The outlines of the sample city's districts: eight that share their borders, in the sea where the city lies.

`python -m tests.sample_city.geometry` writes them into the repository's own workspace.
"""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path

from contracts.districts import FILE

ROOT = Path(__file__).resolve().parents[2]
_WEST, _SOUTH, _WIDE, _HIGH = 124.5, 28.5, 0.5, 0.4
_COLUMNS, _ROWS, _STEPS = 4, 2, 6


def outlines() -> str:
    """GeoJSON of the districts 999001 to 999008, as text."""
    features = [
        {
            "type": "Feature",
            "properties": {"code": str(999001 + row * _COLUMNS + column)},
            "geometry": {"type": "Polygon", "coordinates": [_ring(column, row)]},
        }
        for row in range(_ROWS)
        for column in range(_COLUMNS)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, indent=1) + "\n"


def _ring(column: int, row: int) -> list[list[float]]:
    corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1), (column, row)]
    points = [
        _bent(a[0] + (b[0] - a[0]) * step / _STEPS, a[1] + (b[1] - a[1]) * step / _STEPS)
        for a, b in pairwise(corners)
        for step in range(_STEPS)
    ]
    return [*points, points[0]]


def _bent(x: float, y: float) -> list[float]:
    """A point of the plan, moved a little by a rule that neighbours share, so that their borders are one."""
    east = x + 0.14 * math.sin(2.3 * y + 1.7 * x) + 0.05 * math.sin(9 * y)
    north = y + 0.12 * math.sin(1.9 * x + 0.8) + 0.04 * math.cos(11 * x)
    return [round(_WEST + _WIDE * east / _COLUMNS, 5), round(_SOUTH + _HIGH * north / _ROWS, 5)]


if __name__ == "__main__":
    (ROOT / FILE).parent.mkdir(exist_ok=True)
    (ROOT / FILE).write_text(outlines(), encoding="utf-8")
