"""A placeholder is nobody: rules on characters and identifiers, where they stand, and what may identify an entity."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import duckdb
import jinja2
import pytest
from stdnum.cn import ric

from contracts.declarations import Normalise
from contracts.load import load_catalogue
from contracts.model import Column, Element, Level, LogicalType, Rule
from contracts.promises import inherited
from contracts.violation import Severity
from lake.engine_macros import install_macros
from orchestration.twins.entities import provided_sql
from quality.engine.check_digits import resident_id_sql
from quality.rules import staged_rules
from quality.suites import Subject, check_table

REPOSITORY = Path(__file__).parents[3]
MACROS = REPOSITORY / "dbt_project/packages/zhongtai/macros/normalise.sql"


def element(**facts: object) -> Element:
    return replace(Element("e", "e", "e", LogicalType.STRING, Level.L1, "test"), **facts)  # type: ignore[arg-type]


def rules(one: Element, check: str = "error", key: bool = False) -> dict[str, str]:
    found = inherited("c", ("c", "c"), one, required=False, check=check, key=key)
    return {rule.name: str(rule.severity) for rule in found if rule.kind in ("invisible", "characters", "placeholder")}


def test_names_and_keys_fail_for_what_nobody_sees_and_longer_texts_warn() -> None:
    assert rules(element(max_length=100)) == {"invisible:c": "error", "characters:c": "warning"}
    assert rules(element(max_length=300)) == {"invisible:c": "warning", "characters:c": "warning"}
    assert rules(element(), key=True) == {"invisible:c": "error", "characters:c": "warning"}
    assert rules(element(), check="none", key=True) == {"invisible:c": "error"}
    assert rules(element(characters="error", invisible="none")) == {"characters:c": "error"}
    assert rules(element(max_length=9), check="warning") == {"invisible:c": "warning", "characters:c": "warning"}


def test_a_text_whose_characters_are_listed_needs_no_rule_on_them() -> None:
    assert rules(element(pattern="[0-9]{8,30}", identifies=True)) == {"placeholder:c": "error"}
    assert rules(element(check="resident_id")) == rules(element(code_set="sex")) == {}


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    opened = duckdb.connect()
    opened.execute("attach ':memory:' as lake; create schema lake.staging; create schema lake.raw")
    return opened


def test_a_value_in_implausibly_many_rows_is_told(connection: duckdb.DuckDBPyConnection) -> None:
    rule = Rule("shared:id", "shared", ("id",), "accuracy", Severity.WARNING)
    many = "select case when i < 11 then 'shared' else 'E' || i end as id from range(1000) t(i)"
    for name, sql, failing in [
        ("many", many, 11),
        ("few", many.replace("11", "10"), 0),
        ("large", many.replace("range(1000)", "range(9000)").replace("11", "45"), 0),
        ("none", "select null::varchar as id from range(50)", 0),
    ]:
        connection.execute(f"create or replace table lake.staging.{name} as {sql}")
        (result,) = check_table(connection, Subject(f"staging.{name}", [rule], "1"))
        assert (name, result.error, result.failing_rows, result.passed) == (name, None, failing, not failing)


def test_what_a_row_was_judged_by_is_asked_of_the_stored_table(connection: duckdb.DuckDBPyConnection) -> None:
    kinds = ("invisible", "characters", "placeholder")
    asked = [Rule(f"{kind}:id", kind, ("id",), "accuracy", Severity.WARNING) for kind in kinds]
    texts = ["A1", "a\u200bb", "锟斤拷", "123456", None]
    connection.execute("create or replace table lake.raw.odd as select unnest($t::varchar[]) as id", {"t": texts})
    results = check_table(connection, Subject("raw.odd", asked, "1"))
    assert [(one.error, one.failing_rows) for one in results] == [(None, 1)] * 3


def test_identifiers_that_are_no_key_are_watched_on_the_staged_table() -> None:
    catalogue = load_catalogue(REPOSITORY)
    named = {rule.name for rule in staged_rules(catalogue.datasets["civil_affairs.marriages"])}
    assert {"shared:husband_id", "shared:wife_id"} <= named
    (key,) = catalogue.datasets["public_security.residents"].key
    assert f"shared:{key.name}" not in {r.name for r in staged_rules(catalogue.datasets["public_security.residents"])}


def _weakened(column: Column) -> Column:
    return replace(column, rules=tuple(replace(rule, severity=Severity.WARNING) for rule in column.rules))


def test_a_provider_that_keeps_bad_identifiers_has_them_judged_before_they_identify() -> None:
    catalogue = load_catalogue(REPOSITORY)
    entity = catalogue.entities["natural_person"]
    judge = "{{ zhongtai.identifies_resident_id('resident_id') }}"
    assert judge not in provided_sql(catalogue, entity)
    weak = {
        name: replace(dataset, columns=tuple(map(_weakened, dataset.columns)))
        for name, dataset in catalogue.datasets.items()
    }
    assert judge in provided_sql(replace(catalogue, datasets=weak), entity)


def test_what_may_identify_is_the_sql_that_judged(tmp_path: Path) -> None:
    with duckdb.connect() as opened:
        install_macros(opened, b"k" * 32)
        texts = ["11010519491231002X", "000000190001010009", None, "E12345678"]
        sql = "select zt.identifies_resident_id(t), zt.identifies_number(t) from (select unnest($t::varchar[]) as t)"
        assert opened.execute(sql, {"t": texts}).fetchall() == [
            (True, True), (False, True), (False, False), (False, False)]  # fmt: skip


def test_two_spellings_of_one_person_are_one_after_staging() -> None:
    template = jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(MACROS.read_text("utf-8"))
    module = template.make_module({"adapter": SimpleNamespace()})
    normalised = module.spark__normalise_resident_id("t")  # type: ignore[attr-defined]
    short = [f"110105{year:02d}123100{n}" for year in range(10, 100, 7) for n in range(1, 10)]
    long = [text[:6] + "19" + text[6:] for text in short]
    wanted = [text + ric.calc_check_digit(text + "0") for text in long]
    kept = ["USA110090010112", "110105491231996", "abcdefghijklmno", "11010519491231002X"]
    sql = f"select {normalised}, {resident_id_sql(normalised)} from (select unnest($t::varchar[]) as t)"
    rows = duckdb.execute(sql, {"t": short + kept}).fetchall()
    assert [text for text, _ in rows[: len(short)]] == wanted
    assert all(good for _, good in rows[: len(short)])
    assert [text for text, _ in rows[len(short) :]] == [text.upper() for text in kept]


def test_the_engine_spells_as_the_portable_sql_does(tmp_path: Path) -> None:
    template = jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(MACROS.read_text("utf-8"))
    module = template.make_module({"adapter": SimpleNamespace()})
    texts = ["110105491231002", "110105491231996", "abc", "11010519491231002x", " 0571-8 8", "91330100ma2axc0001", None]
    with duckdb.connect() as opened:
        install_macros(opened, b"k" * 32)
        for name in get_args(Normalise):
            ours = getattr(module, f"default__normalise_{name}")("t")
            theirs = getattr(module, f"spark__normalise_{name}")("t")
            assert ours == f"zt.normalise_{name}(t)"
            sql = f"select {ours}, {theirs} from (select unnest($t::varchar[]) as t)"
            assert all(one == other for one, other in opened.execute(sql, {"t": texts}).fetchall()), name
