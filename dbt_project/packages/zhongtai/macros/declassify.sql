{#- Declassifiers: the only functions that lower a level. What each may lower, and what must then hold of its output, is
    declared in contracts/standards/lineage_policy.yml. Another engine than DuckDB defines the same names and dispatches here. -#}

{% macro declassify_hmac(value) -%}{{ adapter.dispatch('declassify_hmac', 'zhongtai')(value) }}{%- endmacro %}
{% macro default__declassify_hmac(value) -%}zt.declassify_hmac(cast({{ value }} as varchar)){%- endmacro %}

{% macro declassify_mask_id(value) -%}{{ adapter.dispatch('declassify_mask_id', 'zhongtai')(value) }}{%- endmacro %}
{% macro default__declassify_mask_id(value) -%}zt.declassify_mask_id({{ value }}){%- endmacro %}

{% macro declassify_mask_name(value) -%}{{ adapter.dispatch('declassify_mask_name', 'zhongtai')(value) }}{%- endmacro %}
{% macro default__declassify_mask_name(value) -%}zt.declassify_mask_name({{ value }}){%- endmacro %}

{% macro declassify_mask_phone(value) -%}{{ adapter.dispatch('declassify_mask_phone', 'zhongtai')(value) }}{%- endmacro %}
{% macro default__declassify_mask_phone(value) -%}zt.declassify_mask_phone({{ value }}){%- endmacro %}

{% macro declassify_year(value) -%}{{ adapter.dispatch('declassify_year', 'zhongtai')(value) }}{%- endmacro %}
{% macro default__declassify_year(value) -%}zt.declassify_year({{ value }}){%- endmacro %}

{% macro declassify_age_band(birth_date, as_of) -%}{{ adapter.dispatch('declassify_age_band', 'zhongtai')(birth_date, as_of) }}{%- endmacro %}
{% macro default__declassify_age_band(birth_date, as_of) -%}zt.declassify_age_band({{ birth_date }}, {{ as_of }}){%- endmacro %}

{#- A count, or nothing where it is below ten. -#}
{% macro declassify_k_count(counted) -%}{{ adapter.dispatch('declassify_k_count', 'zhongtai')(counted) }}{%- endmacro %}
{% macro default__declassify_k_count(counted) -%}zt.declassify_k_count({{ counted }}){%- endmacro %}

{#- In HAVING: keeps groups of at least ten only. -#}
{% macro declassify_k_rows(counted) -%}{{ adapter.dispatch('declassify_k_rows', 'zhongtai')(counted) }}{%- endmacro %}
{% macro default__declassify_k_rows(counted) -%}zt.declassify_k_rows({{ counted }}){%- endmacro %}
