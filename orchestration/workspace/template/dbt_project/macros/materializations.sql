{#- dbt lets a package replace its materializations only where the project says so. -#}
{% materialization table, adapter='duckdb' -%}
  {{ return(zhongtai.lake_table()) }}
{%- endmaterialization %}

{% materialization view, adapter='duckdb' -%}
  {{ return(zhongtai.lake_view()) }}
{%- endmaterialization %}
