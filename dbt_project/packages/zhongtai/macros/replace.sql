{#-
  The content of tables and views replaced in one transaction each. dbt-duckdb builds beside, renames twice and drops;
  and in a lake, whoever makes or drops a table or view has its whole catalog read twice, where most models' rows take less.
  So what `orchestration/transform/frame.py` made beforehand for all models is used: an empty table is filled, and a view
  that says the same stays.
-#}
{% macro lake_table() -%}
  {%- set target_relation = zhongtai.cleared('table') -%}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {%- if config.get('contract').enforced -%}
    {%- set found = zhongtai.held_against_contract(target_relation, compiled_code) -%}
    {%- if not found.agrees -%} {{ get_assert_columns_equivalent(compiled_code) }} {%- endif -%}
    {% call statement('main') -%}
      {%- if not found.waits -%}
        create or replace table {{ target_relation }} {{ get_table_columns_and_constraints() }} ;
      {%- endif -%}
      insert into {{ target_relation }} {{ get_column_names() }} (
        {{ get_select_subquery(compiled_code) }}
      );
    {%- endcall -%}
  {%- else -%}
    {% call statement('main') -%}
      create or replace table {{ target_relation }} as (
      {{ compiled_code }}
      );
    {%- endcall -%}
  {%- endif -%}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {{ adapter.commit() }}
  {{ return({'relations': [target_relation]}) }}
{%- endmacro %}

{% macro lake_view() -%}
  {%- set target_relation = zhongtai.cleared('view') -%}
  {%- set stands = zhongtai.says_the_same(target_relation, compiled_code) -%}
  {% call statement('main') -%}
    {%- if config.get('contract').enforced -%} {{ get_assert_columns_equivalent(compiled_code) }} {%- endif -%}
    {%- if stands -%}
      select 1
    {%- else -%}
      create or replace view {{ target_relation }} as (
      {{ compiled_code }}
      );
    {%- endif -%}
  {%- endcall %}
  {{ adapter.commit() }}
  {{ return({'relations': [target_relation]}) }}
{%- endmacro %}

{#- The relation to make; one of the other type that stands in its place is dropped. -#}
{% macro cleared(type) -%}
  {%- set existing = load_cached_relation(this) -%}
  {%- if existing is not none and existing.type != type -%}
    {%- do adapter.drop_relation(existing) -%}
  {%- endif -%}
  {{ return(this.incorporate(type=type)) }}
{%- endmacro %}

{#-
  `agrees`: the query gives the columns of the model's contract, in their order; where it does not, dbt's own assertion
  says how. `waits`: an empty table stands that has them, constraints included.
-#}
{% macro held_against_contract(relation, query) -%}
  {% call statement('wanted', auto_begin=True) -%}
    create or replace temp table zhongtai_wanted {{ get_table_columns_and_constraints() }}
  {%- endcall %}
  {%- set wanted = '(describe temp.zhongtai_wanted)' -%}
  {%- set typed = 'select list((column_name, column_type)) from ' -%}
  {%- set whole = 'select list((column_name, column_type, "null")) from ' -%}
  {%- set asked -%}
    select
      ({{ typed }} {{ wanted }}) = ({{ typed }} (describe ({{ query }}
      ))),
      {% if load_cached_relation(this) is none -%}
        false
      {%- else -%}
        ({{ whole }} {{ wanted }}) = ({{ whole }} (describe {{ relation }})) and not exists (select 1 from {{ relation }})
      {%- endif %}
  {%- endset -%}
  {%- set row = run_query(asked).rows[0] -%}
  {{ return({'agrees': row[0], 'waits': row[1]}) }}
{%- endmacro %}

{#- Whether a view stands that is defined by this query, both as the engine spells them. -#}
{% macro says_the_same(relation, query) -%}
  {%- if load_cached_relation(this) is none -%} {{ return(false) }} {%- endif -%}
  {% call statement('wanted', auto_begin=True) -%}
    create or replace temp view zhongtai_wanted_view as ({{ query }}
    )
  {%- endcall %}
  {%- set asked -%}
    select count(*) = 2 and count(distinct regexp_replace(sql, '^CREATE (TEMP )?VIEW .*? AS ', '')) = 1
    from duckdb_views()
    where (database_name = '{{ relation.database }}' and schema_name = '{{ relation.schema }}'
      and view_name = '{{ relation.identifier }}')
      or (database_name = 'temp' and view_name = 'zhongtai_wanted_view')
  {%- endset -%}
  {{ return(run_query(asked).rows[0][0]) }}
{%- endmacro %}
