"""The guard before the engine: what dbt and the platform's macros ask passes, and nothing else of a model's does."""

from __future__ import annotations

from typing import Any

import pytest

from lake.executed import text_digest
from orchestration.transform.sandbox.guard import Making, StatementRefused, judge_statements

OWN = '"lake"."product"."mine"'
TEXT = 'select a from "lake"."theme"."person"'


def making(kind: str = "model", materialized: str = "table", text: str = TEXT) -> Making:
    person = {"database": "lake", "schema": "theme", "alias": "person", "config": {}, "depends_on": {"nodes": []}}
    node: dict[str, Any] = {
        "unique_id": f"{kind}.city.mine",
        "name": "mine",
        "database": "lake",
        "schema": "product",
        "alias": "mine",
        "resource_type": kind,
        "config": {"materialized": materialized},
        "depends_on": {"nodes": ["model.city.person"]},
        "compiled_code": text,
    }
    return Making.of(node, {"nodes": {"model.city.person": person}, "sources": {}})


PASSED = [
    "begin",
    "commit",
    "rollback",
    f"create or replace table {OWN} (a varchar not null) ; insert into {OWN} (a) (select a from ({TEXT}) as q);",
    f"insert into {OWN} (\n a \n) ({TEXT});",
    f"/* {{}} */ create or replace table {OWN} as (\n{TEXT}\n);",
    f"create or replace view {OWN} as ({TEXT});",
    "create or replace temp table zhongtai_wanted (a varchar not null)",
    f"create or replace temp view zhongtai_wanted_view as ({TEXT})",
    f'create temporary table "mine__dbt_tmp20261121" as ({TEXT})',
    f'insert into {OWN} (a) (select a from "mine__dbt_tmp20261121")',
    f'delete from {OWN} where (a) in (select (a) from "mine__dbt_tmp20261121")',
    f"drop view if exists {OWN}",
    f'alter table {OWN} rename to "mine__dbt_backup"',
    'alter table "lake"."product"."mine__dbt_tmp" rename to "mine"',
    "select type from duckdb_databases() where lower(database_name) = 'lake' and type != 'duckdb'",
    "select count(*) from duckdb_views() where database_name = 'lake'",
    f"select (select list((column_name, column_type)) from (describe temp.zhongtai_wanted)), "
    f"not exists (select 1 from {OWN})",
    f"describe select * from ({TEXT}) as q where false limit 0",
    'create schema if not exists "lake"."product"',
]


@pytest.mark.parametrize("sql", PASSED)
def test_what_makes_a_model_passes(sql: str) -> None:
    judge_statements(sql, making())


REFUSED = [
    ("copy", f"copy ({TEXT}) to 'out.csv'"),
    ("copy", f"copy {OWN} to 'out.csv'"),
    ("copy", f"copy {OWN} from 'in.csv' (format csv, header true, delimiter ',')"),
    ("set", "copy from database lake to zt"),
    ("attach", "attach 'x.db' as x"),
    ("detach", "detach lake"),
    ("export", "export database 'x'"),
    ("load", "install httpfs"),
    ("load", "load 'x.duckdb_extension'"),
    ("set", "set enable_external_access = true"),
    ("set", "set variable x = (select 1)"),
    ("set", "reset lock_configuration"),
    ("set", "use zt"),
    ("pragma", "pragma enable_profiling"),
    ("call", "call ducklake_flush_inlined_data('lake')"),
    ("vacuum", "vacuum"),
    ("prepare", f"prepare x as {TEXT}"),
    ("execute", "execute x"),
    ("explain", f"explain analyze {TEXT}"),
    ("update", f"update {OWN} set a = 1"),
    ("merge_into", f"merge into {OWN} using t on true when not matched then insert values (1)"),
    ("alter", 'alter table "lake"."theme"."person" add column x int'),
    ("alter", f"alter table {OWN} rename to other"),
    ("alter", f"alter table {OWN} add column x int default 1"),
    ("alter", f"alter table {OWN} rename a to b"),
    ("alter", 'alter table "lake"."theme"."person" rename to mine'),
    ("unknown", f"alter view {OWN} set schema x"),
    ("create", "create or replace macro zt.declassify_hmac(x) as x"),
    ("create", "create sequence s"),
    ("create", "create schema other"),
    ("create", "create secret x (type s3)"),
    ("create", "create type x as int"),
    ("create", f"create index i on {OWN} (a)"),
    ("create", f'create or replace table "lake"."theme"."person" as ({TEXT})'),
    ("create", f'create or replace table "lake"."meta"."batches" as ({TEXT})'),
    ("create", f"create or replace table zt.mine as ({TEXT})"),
    ("create", f"create temp table keep as ({TEXT})"),
    ("create", f"create or replace table {OWN} as (select * from zt.pseudonym_key)"),
    ("create", f"create or replace view {OWN} as (select * from read_csv('x'))"),
    ("insert", f"insert into {OWN} (a) (select inner_key from zt.pseudonym_key)"),
    ("insert", f"insert into {OWN} select * from lake.meta.batches"),
    ("insert", 'insert into "lake"."theme"."person" values (1)'),
    ("insert", "insert into lake.meta.batches values (1)"),
    ("insert", "insert into zt.pseudonym_key values ('x', 'x')"),
    ("delete", 'delete from "lake"."theme"."person"'),
    ("delete", "truncate lake.meta.batches"),
    ("drop", 'drop table if exists "lake"."theme"."person"'),
    ("drop", f"drop table {OWN}; drop schema lake.meta cascade"),
    ("select", "select * from zt.pseudonym_key"),
    ("select", "select * from lake.meta.batches"),
    ("select", "select * from ducklake_list_files('lake', 'mine')"),
    ("select", "select * from read_text('x')"),
    ("select", "select getvariable('x')"),
    ("select", "select current_setting('temp_directory')"),
]


@pytest.mark.parametrize("kind, sql", REFUSED)
def test_everything_else_is_refused_and_named(kind: str, sql: str) -> None:
    with pytest.raises(StatementRefused) as refused:
        judge_statements(sql, making())
    assert refused.value.model == "mine"
    assert refused.value.kind == kind
    assert "take out what asks for more" in str(refused.value)


def test_what_does_not_parse_is_not_handed_on() -> None:
    with pytest.raises(StatementRefused, match="does not parse"):
        judge_statements("summon table x", making())


@pytest.mark.parametrize("sql", [f"begin; {TEXT}; copy {OWN} to 'x'", f"{TEXT}; attach 'x'"])
def test_one_of_several_statements_is_enough(sql: str) -> None:
    with pytest.raises(StatementRefused):
        judge_statements(sql, making())


@pytest.mark.parametrize(
    "sql", [TEXT, f"create or replace view {OWN} as ({TEXT})", "drop table if exists lake.theme.person"]
)
def test_outside_a_model_only_the_catalog_is_asked(sql: str) -> None:
    judge_statements("select schema_name from system.information_schema.schemata", None)
    with pytest.raises(StatementRefused):
        judge_statements(sql, None)


def test_rows_are_copied_from_a_file_for_a_seed_alone() -> None:
    copied = f"copy {OWN} from '/x/y.csv' (format csv, header true, delimiter ',')"
    judge_statements(copied, making("seed", "seed"))
    judge_statements(f"truncate table {OWN}", making("seed", "seed"))
    for sql in (
        copied.replace(OWN, "lake.theme.person"),
        f"copy {OWN} to '/x/y.csv'",
        copied.replace("csv, ", "json, "),
    ):
        with pytest.raises(StatementRefused):
            judge_statements(sql, making("seed", "seed"))


def test_a_table_made_anew_is_told_from_one_that_is_added_to() -> None:
    assert judge_statements(f"create table {OWN} as ({TEXT})", making(materialized="incremental"))
    assert not judge_statements(f"insert into {OWN} (a) ({TEXT})", making(materialized="incremental"))
    assert not judge_statements(f"create temp table mine__dbt_tmp1 as ({TEXT})", making(materialized="incremental"))


def test_another_text_than_was_judged_is_not_run() -> None:
    one = making()
    one.judge({"model.city.mine": text_digest(f"\n{TEXT}\n")})
    for expected in ({"model.city.mine": text_digest("select 1")}, {}, None):
        with pytest.raises(StatementRefused, match="compiled otherwise"):
            one.judge(expected)


def test_a_text_or_setting_that_may_not_be_is_not_run() -> None:
    for text in ("select * from zt.pseudonym_key", "select 1; select 2", ""):
        with pytest.raises(StatementRefused, match="not one select"):
            making(text=text).judge({"model.city.mine": text_digest(text)})
    with pytest.raises(StatementRefused, match="external"):
        making(materialized="external").judge(None)
