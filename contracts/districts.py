"""The outlines of a city's districts: `contracts/geography/districts.geojson` (RFC 7946), read and judged.

A map is drawn of nothing else: no tile of anybody is ever fetched. Drawing is the portal's.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.faults import Fault, nearest
from contracts.json_text import NotJson, read_json

FILE = Path("contracts") / "geography" / "districts.geojson"
MOST_BYTES = 4_000_000
_CODE = "code"
Point = tuple[float, float]
"""Longitude and latitude in degrees."""


@dataclass(frozen=True)
class District:
    """One district: its code, and the rings of its outline; what is within an odd number of rings belongs to it."""

    code: str
    rings: tuple[tuple[Point, ...], ...]


class _Wrong(ValueError):
    def __init__(self, where: str, what: str, instead: str) -> None:
        self.where, self.what, self.instead = where, what, instead
        super().__init__(what)


def read_districts(root: Path, codes: Collection[str] | None) -> tuple[Mapping[str, District], tuple[Fault, ...]]:
    """The districts of a workspace by code, and what is wrong with their file; nothing of either where there is none.

    `codes` are those of administrative divisions; None where they are not known for sure.
    """
    path = root / FILE
    if not path.exists():
        return {}, ()
    try:
        return _read(path, codes), ()
    except _Wrong as wrong:
        return {}, (Fault(FILE.as_posix(), wrong.where, wrong.what, wrong.instead),)


def _read(path: Path, codes: Collection[str] | None) -> dict[str, District]:
    data = _data(path)
    if not isinstance(data, dict) or data.get("type") != "FeatureCollection" or not _listed(data.get("features")):
        raise _Wrong("", "it is no FeatureCollection", '{"type": "FeatureCollection", "features": […]}')
    found: dict[str, District] = {}
    for number, feature in enumerate(data["features"]):
        one = _district(feature, f"features[{number}]")
        if codes is not None and one.code not in codes:
            text = f"{one.code!r} is no code of administrative_division"
            raise _Wrong(f"features[{number}].properties.code", text, nearest(one.code, codes))
        if one.code in found:
            raise _Wrong(f"features[{number}].properties.code", f"{one.code!r} is there twice", "one MultiPolygon")
        found[one.code] = one
    return found


def _data(path: Path) -> Any:
    try:
        content = path.read_bytes()
        if len(content) > MOST_BYTES:
            raise _Wrong("", f"it has {len(content):,} bytes", f"outlines of at most {MOST_BYTES:,}, generalised")
        return read_json(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _Wrong("", f"the file is not UTF-8 (byte {error.start})", "the same text saved as UTF-8") from None
    except NotJson as error:
        raise _Wrong("", error.what, error.instead) from None
    except OSError as error:
        raise _Wrong("", f"the file cannot be read ({error.strerror})", "a readable file, or delete it") from None


def _district(feature: Any, where: str) -> District:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise _Wrong(where, "it is no Feature", '{"type": "Feature", "properties": {"code": …}, "geometry": …}')
    properties = feature.get("properties")
    code = properties.get(_CODE) if isinstance(properties, dict) else None
    if not isinstance(code, str) or not code:
        raise _Wrong(f"{where}.properties", "it has no code", 'a text: {"code": "330106"}')
    given = feature.get("geometry")
    geometry = given if isinstance(given, dict) else {}
    kind = geometry.get("type")
    if kind not in ("Polygon", "MultiPolygon"):
        raise _Wrong(f"{where}.geometry", f"{kind} is no outline", "a Polygon or a MultiPolygon")
    coordinates = geometry.get("coordinates")
    polygons = [coordinates] if kind == "Polygon" else coordinates
    return District(code, tuple(_rings(polygons, f"{where}.geometry.coordinates")))


def _rings(polygons: Any, where: str) -> Iterator[tuple[Point, ...]]:
    if not _listed(polygons) or not all(_listed(one) for one in polygons):
        raise _Wrong(where, "it has no rings", "a list of rings of points")
    for ring in (ring for polygon in polygons for ring in polygon):
        points = tuple(_point(one, where) for one in ring) if isinstance(ring, list) else ()
        if len(points) < 4 or points[0] != points[-1]:
            raise _Wrong(where, "a ring is not closed", "at least four points, the last of which is the first")
        yield points


def _point(one: Any, where: str) -> Point:
    numbers = one[:2] if isinstance(one, list) else []
    good = [number for number in numbers if isinstance(number, int | float) and not isinstance(number, bool)]
    if len(good) != 2 or not (math.isfinite(good[0]) and abs(good[0]) <= 180 and abs(good[1]) <= 90):
        raise _Wrong(where, "a point is no longitude and latitude", "degrees: [120.15, 30.28]")
    return float(good[0]), float(good[1])


def _listed(value: Any) -> bool:
    return isinstance(value, list) and bool(value)
