{#-
  Tables and views replaced in one statement each, atomically. dbt-duckdb builds beside, renames twice and drops: four
  commits of the lake's catalog for each model, where a commit costs more than most models' rows.
-#}
{% macro lake_table() -%}
  {%- set target_relation = zhongtai.cleared('table') -%}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {% call statement('main') -%}
    {{ zhongtai.replace_table_as(target_relation, compiled_code) }}
  {%- endcall %}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {{ adapter.commit() }}
  {{ return({'relations': [target_relation]}) }}
{%- endmacro %}

{% macro lake_view() -%}
  {%- set target_relation = zhongtai.cleared('view') -%}
  {% call statement('main') -%}
    {%- if config.get('contract').enforced -%} {{ get_assert_columns_equivalent(compiled_code) }} {%- endif %}
    create or replace view {{ target_relation }} as (
    {{ compiled_code }}
    );
  {%- endcall %}
  {{ adapter.commit() }}
  {{ return({'relations': [target_relation]}) }}
{%- endmacro %}

{% macro replace_table_as(relation, compiled_code) -%}
  {%- if config.get('contract').enforced -%}
    {{ get_assert_columns_equivalent(compiled_code) }}
    create or replace table {{ relation }} {{ get_table_columns_and_constraints() }} ;
    insert into {{ relation }} {{ get_column_names() }} (
      {{ get_select_subquery(compiled_code) }}
    );
  {%- else -%}
    create or replace table {{ relation }} as (
    {{ compiled_code }}
    );
  {%- endif -%}
{%- endmacro %}

{#- The relation to make; one of the other type that stands in its place is dropped. -#}
{% macro cleared(type) -%}
  {%- set existing = load_cached_relation(this) -%}
  {%- if existing is not none and existing.type != type -%}
    {%- do adapter.drop_relation(existing) -%}
  {%- endif -%}
  {{ return(this.incorporate(type=type)) }}
{%- endmacro %}
