"""Names: what no engine further on would take, or would take for another, is refused; reserved words are quoted."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from dagster._core.definitions.utils import VALID_NAME_REGEX, validate_group_name
from hypothesis import given
from hypothesis import strategies as st

from contracts.faults import DeclarationsRefused
from contracts.load import load_catalogue
from contracts.model import Column, Dataset
from contracts.names import GRAMMAR, LONGEST, group_fault, name_fault, place_fault
from contracts.reserved import RESERVED
from contracts.sql_text import column, identifier
from orchestration.twins.staging import staging_sql, staging_yaml

with warnings.catch_warnings():
    # As in `lineage.sql`: sqlglot looks for its former Rust tokenizer, which warns of its age where it is installed.
    warnings.simplefilter("ignore", DeprecationWarning)
    import sqlglot
    from sqlglot import exp
    from sqlglot.dialects.duckdb import DuckDB

# How a twin speaks of a column.
SPOKEN = (
    "select {w}, 2 as b from (select 42 as {q}) as t",
    "select t.{w} from (select 42 as {q}) as t",
    "select x.{w} from (select 42 as {w}) as x where {w} is not null order by {w}",
    "select row_number() over (partition by {w} order by _row) as n from (select 42 as {q}, 1 as _row) as t",
    "select cast({w} as varchar) as {w} from (select 42 as {q}) as t",
    "select min_by({w}, 1) filter (where {w} is not null) as {w} from (select 42 as {q}) as t group by {w}",
    "select case {w} when 42 then 42 else {w} end as {w} from (select 42 as {q}) as t",
)


def words() -> set[str]:
    """Every word that means something to DuckDB or to the parser that lineage reads by."""
    known = {word for (word,) in duckdb.sql("select keyword_name from duckdb_keywords()").fetchall()}
    known |= {word.lower() for word in DuckDB.Tokenizer.KEYWORDS}
    known |= {str(getattr(token, "value", token)).lower() for token in DuckDB.Parser.NO_PAREN_FUNCTIONS}
    known |= {word.lower() for word in DuckDB.Parser.NO_PAREN_FUNCTION_PARSERS}
    return {word for word in known if re.fullmatch(GRAMMAR, word)}


def misread(word: str) -> bool:
    """Whether a bare word is no column to one of the two, in any of the places where a twin has it."""
    for spoken in SPOKEN:
        bare, quoted = (spoken.format(w=one, q=identifier(word)) for one in (word, identifier(word)))
        try:
            trees = [sqlglot.parse_one(text, read="duckdb") for text in (bare, quoted)]
            for name in (name for tree in trees for name in tree.find_all(exp.Identifier)):
                name.set("quoted", False)
            if trees[0] != trees[1] or duckdb.sql(bare).fetchall() != duckdb.sql(quoted).fetchall():
                return True
        except (duckdb.Error, sqlglot.errors.SqlglotError):
            return True
    return False


@pytest.mark.parametrize("every", [12, pytest.param(1, marks=pytest.mark.attack)])
def test_a_word_stands_bare_only_where_both_read_it_as_a_column(every: int) -> None:
    missing = [word for word in sorted(words() - RESERVED)[::every] if misread(word)]
    assert missing == [], "these belong into contracts/reserved.py"


def test_no_word_is_reserved_that_no_engine_has() -> None:
    assert sorted(RESERVED - words()) == []


@given(st.from_regex(GRAMMAR, fullmatch=True))
def test_a_name_is_one_to_dagster_and_to_a_file_system(name: str) -> None:
    if name_fault(name) is None:
        assert VALID_NAME_REGEX.match(name)
        validate_group_name(name)
        assert name == name.casefold() and "__" not in name and len(name.encode()) <= LONGEST


@pytest.mark.parametrize("name", ["", "_row", "a__b", "Name", "名", "a-b", "a b", "a\n", "1a", "a_", "a.b", "a" * 64])
def test_what_is_no_name(name: str) -> None:
    assert name_fault(name)


@pytest.mark.parametrize("name", ["order", "select", "con", "a1", "a" * 63])
def test_what_is_a_name(name: str) -> None:
    assert name_fault(name) is None


def test_names_of_devices_and_of_groups() -> None:
    assert place_fault("com1") and place_fault("nul") and not place_fault("console")
    assert group_fault("theme") and group_fault("releases") and not group_fault("health")


@pytest.mark.parametrize("stem", ["a__b", "Residents", "con", "residents.v2", "居民", "_x"])
def test_a_contract_is_called_after_its_dataset(workspace: Path, stem: str) -> None:
    old = workspace / "contracts/departments/health/visits.yml"
    old.write_text(old.read_text("utf-8").replace("health.visits", f"health.{stem}"), "utf-8")
    old.rename(old.with_name(f"{stem}.yml"))
    with pytest.raises(DeclarationsRefused, match="for a dataset, which the file is called after"):
        load_catalogue(workspace)


def reserved(dataset: Dataset) -> Dataset:
    """The dataset with every reserved word among its columns, one of them its key."""
    like = dataset.columns[1]
    own = tuple(replace(like, name=word, headers=(word,), rules=(), key=word == "order") for word in sorted(RESERVED))
    return replace(dataset, columns=(*own, replace(dataset.column("sex"), key=False)))


def test_a_twin_of_reserved_words_is_sql(workspace: Path) -> None:
    catalogue = load_catalogue(workspace)
    dataset = reserved(catalogue.datasets["police.residents"])
    body = ", ".join(f"{identifier(one.name)} varchar" for one in dataset.columns)
    lake = duckdb.connect()
    lake.execute(f"create table raw ({body}, _batch varchar, _delivery integer, _row bigint)")
    lake.execute(
        f"insert into raw values ({', '.join(['?'] * len(dataset.columns))}, 'b', 1, 1)",
        [_value(one) for one in dataset.columns],
    )
    sql = re.sub(r"\{\{ source\([^)]*\) \}\}", "raw", staging_sql(dataset, catalogue.code_sets))
    found = lake.execute(sql)
    names = [each[0] for each in found.description or ()]
    row = found.fetchall()[0]
    assert names[: len(dataset.columns)] == [one.name for one in dataset.columns]
    assert row[: len(dataset.columns)] == tuple("1" if one.name == "sex" else one.name for one in dataset.columns)


def _value(one: Column) -> str:
    return "男" if one.name == "sex" else one.name


def test_dbt_is_told_to_quote_what_it_would_misread(workspace: Path) -> None:
    dataset = reserved(load_catalogue(workspace).datasets["police.residents"])
    (model,) = staging_yaml(dataset)["models"]
    assert {one["name"] for one in model["columns"] if one.get("quote")} == RESERVED
    assert (column("order"), column("income")) == ('"order"', "income")
