"""The few texts every twin shares: its header, where its declaration lies, and a column's YAML."""

from __future__ import annotations

from typing import Any

from contracts.model import Dataset
from contracts.reserved import RESERVED


def declared_in(dataset: Dataset) -> str:
    """The contract's place in the workspace."""
    return f"contracts/departments/{dataset.department}/{dataset.name}.yml"


def banner(what: str) -> str:
    """One line saying that a file is generated."""
    return f"Written by `zhongtai sync`: {what}"


def sql_header(dataset: Dataset) -> str:
    """The comment on top of a generated model."""
    return f"-- {banner('change ' + declared_in(dataset) + ', not this file.')}"


def column_yaml(name: str, title_zh: str, title_en: str, element: str, level: str) -> dict[str, Any]:
    """A column's entry in a properties file."""
    # Unquoted, a reserved word would break the tests and the contract that dbt writes from this.
    return {
        "name": name,
        **({"quote": True} if name in RESERVED else {}),
        "description": f"{title_zh} / {title_en}",
        "config": {"meta": {"element": element, "level": level}},
    }
