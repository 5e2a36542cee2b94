"""The staging twin of one dataset: standard spellings, standard codes, latest version per key. Text only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.conversions import coordinates_of, standard_codes
from contracts.model import CodeSet, Column, Dataset, DeliveryMode
from contracts.sql_text import column as sql_name
from contracts.sql_text import literal
from contracts.units import factor
from orchestration.twins.text import banner, column_yaml, declared_in, sql_header
from quality.casts import sql_type

_SAME = {"cgcs2000", "wgs84"}
TECHNICAL = ("_batch", "_delivery", "_row")


def model_name(dataset: Dataset) -> str:
    """The dbt model's name, and its table's in the staging schema."""
    return f"stg_{dataset.table}"


def staging_sql(dataset: Dataset, code_sets: Mapping[str, CodeSet]) -> str:
    """The current version of every accepted row: columns in contract order, then `_batch`, `_delivery`, `_row`."""
    standard = ",\n    ".join(_standard(dataset, column, code_sets) for column in dataset.columns)
    names = ",\n  ".join([sql_name(column.name) for column in dataset.columns] + list(TECHNICAL))
    technical = ", ".join(TECHNICAL)
    key = ", ".join(sql_name(column.name) for column in dataset.key)
    steps = [
        f"standardised as (\n  select\n    {standard},\n    {technical}\n"
        f"  from {{{{ source('raw', '{dataset.table}') }}}}{_newest(dataset)}\n)"
    ]
    last, condition = "standardised", ""
    if key:
        steps.append(
            "versions as (\n  select\n    *,\n    row_number() over (\n"
            f"      partition by {key} order by _delivery desc, _row desc\n    ) as _version\n  from standardised\n)"
        )
        last, condition = "versions", "\nwhere _version = 1"
    return f"{sql_header(dataset)}\nwith {', '.join(steps)}\n\nselect\n  {names}\nfrom {last}{condition}\n"


def _newest(dataset: Dataset) -> str:
    if dataset.mode is not DeliveryMode.SNAPSHOT:
        return ""
    return f"\n  where _delivery = (\n    select max(_delivery) from {{{{ source('raw', '{dataset.table}') }}}}\n  )"


def _standard(dataset: Dataset, column: Column, code_sets: Mapping[str, CodeSet]) -> str:
    name = spelled = sql_name(column.name)
    if column.element.normalise:
        spelled = f"{{{{ zhongtai.normalise_{column.element.normalise}('{name}') }}}}"
    codes = standard_codes(column, code_sets)
    if codes:
        cases = "\n".join(f"      when {literal(old)} then {literal(new)}" for old, new in codes.items())
        spelled = f"case {spelled}\n{cases}\n      else {spelled}\n    end"
    spelled = _in_unit(column, spelled)
    spelled = _in_system(dataset, column, spelled)
    return spelled if spelled == name else f"{spelled} as {name}"


def _in_unit(column: Column, spelled: str) -> str:
    """In the element's unit; exact, since a unit is a whole number of another, and what does not fit was rejected."""
    many = factor(column.unit, column.element.unit) if column.unit and column.element.unit else None
    if many is None or many == 1:
        return spelled
    return f"cast({spelled} * {many} as {sql_type(column.element).lower()})"


def _in_system(dataset: Dataset, column: Column, spelled: str) -> str:
    """In CGCS2000, which WGS-84 is to within decimetres."""
    place = coordinates_of(dataset, column)
    if place is None or place.system in _SAME:
        return spelled
    axis = "longitude" if column.name == place.longitude else "latitude"
    both = f"'{sql_name(place.longitude)}', '{sql_name(place.latitude)}', '{place.system}'"
    return f"{{{{ zhongtai.cgcs2000_{axis}({both}) }}}}"


def staging_yaml(dataset: Dataset) -> dict[str, Any]:
    """The properties file of the staging model: titles, grain, keys' tests."""
    key = [column.name for column in dataset.key]
    grain = f"one row per {', '.join(key)}" if key else "one row per accepted record"
    columns = [
        column_yaml(column.name, column.title_zh, column.title_en, column.element.name, str(column.level))
        for column in dataset.columns
    ]
    for entry in columns:
        if entry["name"] in key:
            entry["data_tests"] = ["not_null"] + (["unique"] if len(key) == 1 else [])
    return {
        "version": 2,
        "models": [
            {
                "name": model_name(dataset),
                "description": (
                    f"{dataset.title_zh} / {dataset.title_en}: {grain}. A changed batch reaches it whole: it is a view."
                ),
                "config": {"meta": {"dataset": dataset.id, "owner": dataset.owner}},
                "columns": columns,
            }
        ],
    }


def sources_yaml(datasets: Mapping[str, Dataset]) -> dict[str, Any]:
    """The raw lake as a dbt source."""
    return {
        "version": 2,
        "sources": [
            {
                "name": "raw",
                "database": "lake",
                "schema": "raw",
                "description": banner("the accepted rows of every dataset"),
                "tables": [
                    {
                        "name": dataset.table,
                        "description": f"{dataset.title_zh} / {dataset.title_en} ({declared_in(dataset)})",
                    }
                    for dataset in datasets.values()
                ],
            }
        ],
    }
