"""What staging makes of a delivered column, by name: its standard spelling, codes, unit and system of coordinates.

Declared by the contract and its elements, written into the twin by `zhongtai sync`, and named wherever its lineage is
told. How each is computed is the twins' and the engine's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from contracts.model import CodeSet, Column, Coordinates, Dataset, Element, LogicalType
from contracts.units import factor

CGCS2000 = "cgcs2000"
SYSTEMS: Mapping[str, str] = {"cgcs2000": "CGCS2000", "wgs84": "WGS-84", "gcj02": "GCJ-02", "bd09": "BD-09"}


@dataclass(frozen=True)
class Conversion:
    """One conversion: its name for programs, and what it is called."""

    name: str
    title_zh: str
    title_en: str


_SPELLINGS: Mapping[str, Conversion] = {
    "resident_id": Conversion("normalise_resident_id", "公民身份号码升为18位", "resident id in 18 characters"),
    "credit_code": Conversion("normalise_credit_code", "统一社会信用代码规范书写", "credit code in capitals"),
    "phone": Conversion("normalise_phone", "电话号码规范书写", "phone number without blanks and hyphens"),
}


def conversions(dataset: Dataset, column: Column, code_sets: Mapping[str, CodeSet]) -> tuple[Conversion, ...]:
    """Those of one column, in the order in which they are done."""
    found = [_SPELLINGS[column.element.normalise]] if column.element.normalise else []
    codes = standard_codes(column, code_sets)
    if codes:
        name = column.element.code_set or ""
        found.append(Conversion(f"codes:{name}", f"{len(codes)} 种写法转为代码", f"{len(codes)} spellings to codes"))
    if column.unit and column.unit != column.element.unit:
        units = f"{column.unit}→{column.element.unit}"
        found.append(Conversion(f"unit:{units}", f"单位 {units}", f"unit {units}"))
    place = coordinates_of(dataset, column)
    if place and place.system != CGCS2000:
        way = f"{SYSTEMS[place.system]}→{SYSTEMS[CGCS2000]}"
        found.append(Conversion(f"coordinates:{way}", f"坐标 {way}", f"coordinates {way}"))
    return tuple(found)


_DIGITS = 38  # SQL:2016's decimals have no more in any engine here


def landed(column: Column) -> Element:
    """The element as the raw lake has it: in a larger unit a value has as many places more as its factor has noughts.

    1.2345 万元 are 12,345 元: with the places of the element alone, what a yuan is would be a fault.
    """
    element = column.element
    many = factor(column.unit, element.unit) if column.unit and element.unit else None
    if many is None or many == 1 or element.type is not LogicalType.DECIMAL:
        return element
    more = len(str(many)) - 1
    return replace(element, precision=min(element.precision + more, _DIGITS), scale=element.scale + more)


def standard_codes(column: Column, code_sets: Mapping[str, CodeSet]) -> dict[str, str]:
    """Other spellings of a column's codes -> the code."""
    code_set = code_sets.get(column.element.code_set or "")
    aliases = dict(code_set.aliases) if code_set else {}
    return {old: new for old, new in {**aliases, **column.code_map}.items() if old != new}


def coordinates_of(dataset: Dataset, column: Column) -> Coordinates | None:
    """The place that a column is a part of."""
    return next((one for one in dataset.coordinates if column.name in (one.longitude, one.latitude)), None)
