"""An independent judgement of delivered records by the contracts' row rules, read from the YAML as it stands.

Written from `docs/declarations.md` alone: truth, generator and platform are held to the text and not to one another.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml
from stdnum.cn import ric, uscc

from tests.sample_city.layout import Layout
from tests.unit.sample_city.reading import read

CONTRACTS = Path(__file__).parents[3] / "contracts"
_TRUE, _FALSE = {"true", "t", "yes", "y", "1", "是"}, {"false", "f", "no", "n", "0", "否"}


@dataclass(frozen=True)
class Judged:
    """One delivery: its records as texts by column, each record's failed rules, and the headers as delivered."""

    rows: list[dict[str, str | None]]
    faults: list[tuple[str, ...]]
    headers: list[str]

    @property
    def reasons(self) -> Counter[str]:
        return Counter(rule for faults in self.faults for rule in faults)

    def accepted(self) -> list[dict[str, str | None]]:
        return [row for row, faults in zip(self.rows, self.faults, strict=True) if not faults]


@dataclass(frozen=True)
class _Column:
    name: str
    header: str
    required: bool
    element: dict[str, Any]
    codes: frozenset[str]
    ranges: tuple[tuple[str, float | None, float | None], ...]


def judge(layout: Layout, path: Path) -> Judged:
    """Read one file and judge every record."""
    headers, records = read(layout, path)
    columns = _columns(layout.dataset)
    places = {column.name: headers.index(column.header) for column in columns}
    rows: list[dict[str, str | None]] = []
    faults: list[tuple[str, ...]] = []
    typed: list[dict[str, Any]] = []
    for record in records:
        broken = "too_short" if len(record) < len(headers) else "too_long" if len(record) > len(headers) else ""
        row = {} if broken else {name: record[place].strip() or None for name, place in places.items()}
        values, found = ({}, [f"structure:{broken}"]) if broken else _row(columns, row)
        rows.append(row)
        typed.append(values)
        faults.append(tuple(found))
    for name, failing in _expressions(layout.dataset, typed).items():
        for number in failing:
            faults[number] = (*faults[number], name)
    return Judged(rows, faults, headers)


def _row(columns: tuple[_Column, ...], row: Mapping[str, str | None]) -> tuple[dict[str, Any], list[str]]:
    values: dict[str, Any] = {}
    found: list[str] = []
    for column in columns:
        text = row[column.name]
        if text is not None:
            values[column.name], faults = _value(column, text)
            found += faults
        elif column.required:
            found.append(f"required:{column.name}")
    return values, found


def _value(column: _Column, text: str) -> tuple[Any, list[str]]:
    name, element = column.name, column.element
    value = _cast(element, text)
    if value is None:
        return None, [f"type:{name}"]
    found = []
    if "pattern" in element and not re.fullmatch(element["pattern"], text):
        found.append(f"pattern:{name}")
    if "check" in element and not _checked(element["check"], text):
        found.append(f"check_digit:{name}")
    if column.codes and text not in column.codes:
        found.append(f"code_set:{name}")
    if len(text) > element.get("max_length", len(text)):
        found.append(f"length:{name}")
    found += [rule for rule, low, high in column.ranges if _outside(value, low, high)]
    return value, found


def _outside(value: Any, low: float | None, high: float | None) -> bool:
    return (low is not None and value < low) or (high is not None and value > high)


def _checked(check: str, text: str) -> bool:
    if check == "resident_id" and len(text) == 15:
        return text.isdigit() and _spelled(text[6:12], "%y%m%d") is not None
    module = ric if check == "resident_id" else uscc
    return len(text) == 18 and module.calc_check_digit(text) == text[-1]


def _cast(element: dict[str, Any], text: str) -> Any:
    match element["type"]:
        case "string":
            return text
        case "integer":
            return int(text) if re.fullmatch(r"-?[0-9]+", text) else None
        case "decimal":
            return _decimal(text)
        case "number":
            number = _decimal(text)
            return float(number) if number is not None and isfinite(number) else None
        case "boolean":
            return True if text.lower() in _TRUE else False if text.lower() in _FALSE else None
        case "date" | "timestamp":
            return next((value for spelling in element["formats"] if (value := _spelled(text, spelling))), None)
    raise AssertionError(element["type"])


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


@cache
def _spelled(text: str, spelling: str) -> datetime | None:
    try:
        return datetime.strptime(text, spelling)
    except ValueError:
        return None


def _expressions(dataset: str, typed: list[dict[str, Any]]) -> dict[str, list[int]]:
    """Rule name -> the records (from 0) for which a declared SQL expression is false."""
    rules = [rule for rule in _schema(dataset).get("quality", ()) if rule["implementation"]["kind"] == "expression"]
    if not rules:
        return {}
    columns = {column.name: [values.get(column.name) for values in typed] for column in _columns(dataset)}
    relation = duckdb.from_arrow(pa.table(columns | {"_n": range(len(typed))}))
    conditions = {rule["name"]: f"NOT ({rule['implementation']['sql']})" for rule in rules}
    return {name: [n for (n,) in relation.filter(sql).project("_n").fetchall()] for name, sql in conditions.items()}


@cache
def _schema(dataset: str) -> dict[str, Any]:
    department, name = dataset.split(".")
    return _yaml(CONTRACTS / "departments" / department / f"{name}.yml")["schema"][0]


@cache
def _columns(dataset: str) -> tuple[_Column, ...]:
    return tuple(_column(written) for written in _schema(dataset)["properties"])


def _column(written: dict[str, Any]) -> _Column:
    name = written["name"]
    custom = {item["property"]: item["value"] for item in written["customProperties"]}
    element = _elements()[custom["element"]]
    if custom.get("check") == "warning":  # its element's rules are told and reject nothing
        element = {"type": element["type"]}
    codes = _codes(element["code_set"]) | set(custom.get("code_map", {})) if "code_set" in element else frozenset()
    promises = {rule["name"]: rule["implementation"] for rule in written.get("quality", ())}
    ranges = {f"range:{name}": element} | {rule: one for rule, one in promises.items() if one["kind"] == "range"}
    return _Column(
        name=name,
        header=written.get("physicalName", name),
        required=bool(written.get("required")),
        element=element,
        codes=codes,
        ranges=tuple((rule, one.get("minimum"), one.get("maximum")) for rule, one in ranges.items()),
    )


@cache
def _elements() -> dict[str, dict[str, Any]]:
    files = sorted((CONTRACTS / "standards" / "elements").glob("*.yml"))
    return {name: element for file in files for name, element in _yaml(file)["elements"].items()}


@cache
def _codes(name: str) -> frozenset[str]:
    declared = _yaml(CONTRACTS / "standards" / "codes" / f"{name}.yml")
    return frozenset(declared["codes"]) | frozenset(declared.get("aliases", {}))


def _yaml(path: Path) -> dict[str, Any]:
    return yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
