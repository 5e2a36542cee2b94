"""What a model is: another digest for whatever changes its rows, and none that holds where the moment decides them."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from orchestration.changes.texts import texts_of, unsteady_functions

UNSTEADY = unsteady_functions(duckdb.connect())


def _manifest(sql: str = "select 1 as id", macro: str = "x", **config: Any) -> dict[str, Any]:
    node = {
        "resource_type": "model", "schema": "product", "alias": "p", "compiled_code": sql, "raw_code": sql,
        "config": {"materialized": "table", **config}, "depends_on": {"nodes": ["source.a"]}, "created_at": id(config),
    }  # fmt: skip
    macros = {"macro.m": {"macro_sql": macro}}
    return {"nodes": {"model.p": node}, "sources": {"source.a": {"schema": "raw", "identifier": "a"}}, "macros": macros}


def _own(**facts: Any) -> str:
    return texts_of(_manifest(**facts), UNSTEADY)["product.p"].own


def test_a_text_is_known_by_all_that_its_rows_hang_on() -> None:
    assert _own() == _own()
    assert len({_own(), _own(sql="select 2 as id"), _own(unique_key="id"), _own(materialized="view")}) == 4
    # What a model that adds compiles to hangs on the lake; what it is written as, and the macros, do not.
    assert _own(macro="y") == _own()
    assert _own(macro="y", materialized="incremental") != _own(materialized="incremental")


@pytest.mark.parametrize(
    "sql", ["select now()", "select current_date", "select age (since)", "select random() as r", "select today()"]
)
def test_rows_that_hang_on_the_moment_are_not_steady(sql: str) -> None:
    assert not texts_of(_manifest(sql), UNSTEADY)["product.p"].steady


@pytest.mark.parametrize("sql", ["select today, age, error from t", "select page(1)", "select date '2020-01-01'"])
def test_names_that_sound_like_the_moment_are_only_names(sql: str) -> None:
    assert texts_of(_manifest(sql), UNSTEADY)["product.p"].steady
