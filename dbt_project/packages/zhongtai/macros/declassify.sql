{#- Declassifiers: the only functions that lower a level. What each may lower is declared in contracts/standards/lineage_policy.yml. -#}

{% macro declassify_hmac(value) -%}{{ adapter.dispatch('declassify_hmac', 'zhongtai')(value) }}{%- endmacro %}
{% macro default__declassify_hmac(value) -%}zt.declassify_hmac(cast({{ value }} as varchar)){%- endmacro %}

{% macro declassify_mask_middle(value) -%}{{ adapter.dispatch('declassify_mask_middle', 'zhongtai')(value) }}{%- endmacro %}
{% macro default__declassify_mask_middle(value) -%}zt.declassify_mask_middle({{ value }}){%- endmacro %}

{% macro declassify_year(value) -%}{{ adapter.dispatch('declassify_year', 'zhongtai')(value) }}{%- endmacro %}
{% macro default__declassify_year(value) -%}zt.declassify_year({{ value }}){%- endmacro %}

{% macro declassify_age_band(birth_date, as_of) -%}{{ adapter.dispatch('declassify_age_band', 'zhongtai')(birth_date, as_of) }}{%- endmacro %}
{% macro default__declassify_age_band(birth_date, as_of) -%}zt.declassify_age_band({{ birth_date }}, {{ as_of }}){%- endmacro %}

{% macro declassify_district(value) -%}{{ adapter.dispatch('declassify_district', 'zhongtai')(value) }}{%- endmacro %}
{% macro default__declassify_district(value) -%}zt.declassify_district({{ value }}){%- endmacro %}
