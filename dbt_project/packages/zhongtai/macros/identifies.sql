{#- Whether a value may identify anybody: a placeholder is nobody. The engine has the functions that judged the rows when
    they were delivered, under these names; another engine than DuckDB defines them and dispatches here. -#}

{% macro identifies_resident_id(value) -%}{{ adapter.dispatch('identifies_resident_id', 'zhongtai')(value) }}{%- endmacro %}
{% macro default__identifies_resident_id(value) -%}zt.identifies_resident_id(cast({{ value }} as varchar)){%- endmacro %}

{% macro identifies_credit_code(value) -%}{{ adapter.dispatch('identifies_credit_code', 'zhongtai')(value) }}{%- endmacro %}
{% macro default__identifies_credit_code(value) -%}zt.identifies_credit_code(cast({{ value }} as varchar)){%- endmacro %}

{% macro identifies_number(value) -%}{{ adapter.dispatch('identifies_number', 'zhongtai')(value) }}{%- endmacro %}
{% macro default__identifies_number(value) -%}zt.identifies_number(cast({{ value }} as varchar)){%- endmacro %}
