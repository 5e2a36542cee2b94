"""A project of models, macros and settings that reach for more than a model may, each with the words that refuse it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import yaml

from lake.settings import REPOSITORY, Settings

PERSONS = "{{ ref('person') }}"


@dataclass(frozen=True)
class Hostile:
    """One model: its name, its text, a word of the reason why it is set aside, and files beside it."""

    name: str
    text: str
    word: str
    yaml: dict[str, object] = field(default_factory=dict)


def copying(folder: str) -> str:
    """A statement that would write every person to a file."""
    return f"copy (select * from lake.theme.person) to '{folder}/out.csv'"


COPY = copying("OUT")
MODELS = [
    # Jinja that differs from one compilation to the next
    Hostile("by_which", f"select {{{{ 'a' if flags.WHICH == 'build' else 'b' }}}} as x from {PERSONS}", "flags"),
    Hostile("by_execute", f"select {{% if execute %}}id{{% else %}}1{{% endif %}} as x from {PERSONS}", "execute"),
    Hostile("by_environment", f"select '{{{{ env_var('HOME') }}}}' as x from {PERSONS}", "env_var"),
    Hostile("by_variable", f"select '{{{{ var('x', 1) }}}}' as x from {PERSONS}", "var"),
    Hostile("by_hour", f"select '{{{{ run_started_at }}}}' as x from {PERSONS}", "run_started_at"),
    Hostile("by_invocation", f"select '{{{{ invocation_id }}}}' as x from {PERSONS}", "invocation_id"),
    Hostile("by_target", f"select '{{{{ target.name }}}}' as x from {PERSONS}", "target"),
    Hostile("by_graph", f"select {{{{ graph.nodes | length }}}} as x from {PERSONS}", "graph"),
    Hostile("by_modules", f"select '{{{{ modules.datetime.datetime.now() }}}}' as x from {PERSONS}", "modules"),
    Hostile("by_model", f"select '{{{{ model.unique_id }}}}' as x from {PERSONS}", "model"),
    Hostile("by_random", f"select {{{{ range(9) | random }}}} as x from {PERSONS}", "random"),
    Hostile("by_maybe", "{% if false %}{% set flags = 1 %}{% endif %}select '{{ flags.WHICH }}' as x", "flags"),
    # Jinja that acts
    Hostile("asks", f'{{% do run_query("{COPY}") %}}select 1 as x', "run_query"),
    Hostile("states", f"{{% call statement('x') %}}{COPY}{{% endcall %}}select 1 as x", "statement"),
    Hostile("executes", f'{{% do adapter.execute("{COPY}") %}}select 1 as x', "adapter.execute"),
    Hostile("by_key", f"{{% do adapter['execute'](\"{COPY}\") %}}select 1 as x", "adapter"),
    Hostile("renamed", f'{{% set a = adapter %}}{{% do a.execute("{COPY}") %}}select 1 as x', "adapter"),
    Hostile("listed", f'{{% do [adapter][0].execute("{COPY}") %}}select 1 as x', "adapter"),
    Hostile("dispatches", "{% do adapter.dispatch('drop_relation', 'dbt')(this) %}select 1 as x", "drop_relation"),
    Hostile("drops", "{% do dbt.drop_relation(ref('person')) %}select 1 as x", "dbt.drop_relation"),
    Hostile("builtins_ask", "{{ builtins.run_query('select 1') }}select 1 as x", "builtins"),
    Hostile("context_asks", "{{ context['run_query']('select 1') }}select 1 as x", "context"),
    Hostile("python_below", "{{ ''.__class__.__mro__ }}select 1 as x", "__mro__"),
    Hostile("python_by_key", "{{ ''['__class__'] }}select 1 as x", "__class__"),
    Hostile("by_filter", "{{ this | attr('database') }}select 1 as x", "attr"),
    Hostile("platform_asks", "{% do zhongtai.lake_table() %}select 1 as x", "zhongtai.lake_table"),
    Hostile("platform_reads", "{% do zhongtai.says_the_same(this, 'select 1') %}select 1 as x", "says_the_same"),
    Hostile("writes_log", "{{ log('x', info=true) }}select 1 as x", "log"),
    # settings
    Hostile("pre", f'{{{{ config(pre_hook="{COPY}") }}}}select 1 as x', "pre_hook"),
    Hostile("post", f'{{{{ config(post_hook="{COPY}") }}}}select 1 as x', "post_hook"),
    Hostile("header", f'{{{{ config(sql_header="{COPY};") }}}}select 1 as x', "sql_header"),
    Hostile("external", "{{ config(materialized='external', location='OUT/out.csv') }}select 1 as x", "external"),
    Hostile("own_way", "{{ config(materialized='table_function') }}select 1 as x", "table_function"),
    Hostile("elsewhere", "{{ config(schema='meta') }}select 1 as x", "platform alone writes"),
    Hostile("other_base", "{{ config(database='zt') }}select 1 as x", "database may be lake"),
    Hostile("indexed", "{{ config(indexes=[{'columns': ['x']}]) }}select 1 as x", "indexes"),
    Hostile(
        "predicate",
        "{{ config(materialized='incremental', incremental_predicates=['1=1']) }}select 1 as x",
        "predicates",
    ),
    Hostile(
        "key_of_sql", "{{ config(materialized='incremental', unique_key='(select 1)') }}select 1 as x", "unique_key"
    ),
    Hostile("hook_in_yaml", "select 1 as x", "post_hook", {"config": {"post_hook": COPY}}),
    Hostile(
        "type_of_sql",
        "select 1 as x",
        "data_type",
        {"columns": [{"name": "x", "data_type": f"int); {COPY}; select (1"}]},
    ),
    Hostile(
        "checked_by_sql",
        "select 1 as x",
        "constraint",
        {"columns": [{"name": "x", "data_type": "int", "constraints": [{"type": "check", "expression": "x > 0"}]}]},
    ),
    # compiled SQL
    Hostile("two_statements", f"select 1 as x) ; {COPY}; select * from (select 1 as x", "not one select"),
    Hostile("two_plain", f"select 1 as x; {COPY}", "not one select"),
    Hostile("reads_key", "select inner_key as x from zt.pseudonym_key", "zt.pseudonym_key"),
    Hostile(
        "key_below", "select (select any_value(outer_key) from zt.pseudonym_key) as x from " + PERSONS, "pseudonym"
    ),
    Hostile("reads_meta", "select * from lake.meta.batches", "lake.meta.batches"),
    Hostile("reads_store", "select * from lake.store.residents", "lake.store.residents"),
    Hostile("reads_unnamed", "select * from lake.theme.person", "lake.theme.person"),
    Hostile("reads_catalog", "select * from duckdb_tables()", "duckdb_tables"),
    Hostile("reads_files", "select * from ducklake_list_files('lake', 'person')", "ducklake_list_files"),
    Hostile("reads_secrets", "select * from duckdb_secrets()", "duckdb_secrets"),
    Hostile("reads_text", "select * from read_text('/etc/hostname')", "read_text"),
    Hostile("reads_csv", "select * from read_csv('OUT/x.csv')", "read_csv"),
    Hostile("reads_by_name", "select * from 'OUT/x.csv'", "x.csv"),
    Hostile("reads_glob", "select * from glob('/etc/*')", "glob"),
    Hostile("reads_query", "select * from query('select * from zt.pseudonym_key')", "query"),
    Hostile("reads_before", f"select * from {PERSONS} at (version => 1)", "another time"),
    Hostile("reads_variable", f"select getvariable('x') as x from {PERSONS}", "getvariable"),
    Hostile("reads_setting", f"select current_setting('temp_directory') as x from {PERSONS}", "current_setting"),
    Hostile("reads_clock", f"select now() as x from {PERSONS}", "now"),
    Hostile("reads_day", f"select current_date as x from {PERSONS}", "current_date"),
    Hostile("reads_chance", f"select random() as x from {PERSONS}", "random"),
    Hostile("reads_sequence", "select nextval('s') as x", "nextval"),
    Hostile("copies", COPY, "not one select"),
    Hostile("attaches", "attach 'OUT/x.db' as y", "not one select"),
    Hostile("describes", "select * from (describe lake.theme.person)", "show_ref"),
    Hostile("shows", "select * from (show all tables)", "show_ref"),
    Hostile("hides_in_with", "with a as (select * from zt.pseudonym_key) select * from a", "zt.pseudonym_key"),
    Hostile(
        "hides_behind_with",
        "select * from (with pseudonym_key as (select 1 as x) select * from pseudonym_key), pseudonym_key",
        "pseudonym_key",
    ),
    Hostile("reads_source", "select * from {{ source('hidden', 'pseudonym_key') }}", "zt.main.pseudonym_key"),
    # macros of the city's
    Hostile("calls_asking", "{{ asking() }}select 1 as x", "asking"),
    Hostile("calls_through", "{{ through() }}select 1 as x", "through"),
    Hostile("calls_shadow", "{{ get_where_subquery('x') }}select 1 as x", "get_where_subquery"),
]
MACROS = {
    "asking.sql": (f'{{% macro asking() %}}{{% do run_query("{COPY}") %}}{{% endmacro %}}', "run_query"),
    "through.sql": ("{% macro through() %}{{ asking() }}{% endmacro %}", ""),
    "shadow.sql": ("{% macro get_where_subquery(relation) %}x{% endmacro %}", "stand in"),
    "shadow_of_adapter.sql": ("{% macro duckdb__create_schema(relation) %}x{% endmacro %}", "stand in"),
    "shadow_of_default.sql": ("{% macro default__statement() %}x{% endmacro %}", "stand in"),
    "shadow_of_ours.sql": ("{% macro duckdb__declassify_hmac(value) %}{{ value }}{% endmacro %}", "stand in"),
    "shadow_of_hooks.sql": ("{% macro run_hooks(hooks, inside_transaction=True) %}x{% endmacro %}", "stand in"),
    "own_materialization.sql": (
        "{% materialization mine, adapter='duckdb' %}{{ return({'relations': []}) }}{% endmaterialization %}",
        "materialization",
    ),
}
# What a model may be: none of these is set aside.
CONTROLS = {
    "person": "{{ config(materialized='table') }}select 7 as id, 'x' as name",
    "looped": f"select id {{% for k in range(3) %}}, id + {{{{ k }}}} as n{{{{ k }}}}{{% endfor %}} from {PERSONS}",
    "by_macro": f"select {{{{ doubled('id') }}}} as x from {PERSONS}",
    "pseudonym": f"select {{{{ zhongtai.declassify_mask_name('name') }}}} as x from {PERSONS}",
    "grows": "{{ config(materialized='incremental') }}select id from {{ ref('person') }}"
    "{% if is_incremental() %} where id > (select max(id) from {{ this }}){% endif %}",
    "keyed": "{{ config(materialized='incremental', unique_key='id') }}select id, name from {{ ref('person') }}",
    "afresh": "{{ config(materialized='incremental', full_refresh=true) }}select id from {{ ref('person') }}",
    "through_ephemeral": "select * from {{ ref('fleeting') }}",
    "fleeting": f"{{{{ config(materialized='ephemeral') }}}}select id from {PERSONS}",
    "seen": f"{{{{ config(materialized='view') }}}}with a as (select * from {PERSONS}) "
    "select a.* from a qualify row_number() over () = 1",
}
GOOD_MACRO = "{% macro doubled(column) %}{{ column }} * {{ 1 + 1 }}{% endmacro %}"


def write_project(settings: Settings, out: Path) -> None:
    """The whole project below a workspace; what it would write goes to `out`."""
    project = settings.dbt_project
    for folder in ("macros", "models"):
        (project / folder).mkdir(parents=True, exist_ok=True)
    for file in ("generate_schema_name.sql", "materializations.sql"):
        (project / "macros" / file).write_bytes((REPOSITORY / "dbt_project" / "macros" / file).read_bytes())
    config = yaml.safe_load((REPOSITORY / "dbt_project" / "dbt_project.yml").read_text())
    config |= {"name": "city", "dispatch": [{"macro_namespace": "dbt", "search_order": ["city", "zhongtai", "dbt"]}]}
    config |= {"models": {"+database": "lake"}, "seeds": {"+database": "lake"}}
    (project / "dbt_project.yml").write_text(yaml.safe_dump(config))
    (project / "macros" / "good.sql").write_text(GOOD_MACRO)
    for name, (text, _) in MACROS.items():
        (project / "macros" / name).write_text(text.replace("OUT", str(out)))
    for name, text in CONTROLS.items():
        (project / "models" / f"{name}.sql").write_text(text)
    for one in MODELS:
        (project / "models" / f"{one.name}.sql").write_text(one.text.replace("OUT", str(out)))
        if one.yaml:
            twin = yaml.safe_dump({"version": 2, "models": [{"name": one.name, **one.yaml}]})
            (project / "models" / f"{one.name}.yml").write_text(twin.replace("OUT", str(out)))
    hidden = {"name": "hidden", "database": "zt", "schema": "main", "tables": [{"name": "pseudonym_key"}]}
    (project / "models" / "hidden.yml").write_text(yaml.safe_dump({"version": 2, "sources": [hidden]}))
    (project / "models" / "python.py").write_text("def model(dbt, session):\n    return session.sql('select 1 as x')\n")
