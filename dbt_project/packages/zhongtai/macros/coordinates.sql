{#- Coordinates in CGCS2000 (which WGS-84 is to within decimetres, GB/T 18578-2008 having one ellipsoid to 0.1 mm), of
    GCJ-02 or BD-09. DuckDB has functions of these names, of which lineage knows what they are made of; Spark gets the
    same as portable SQL. What the transformations are, and how exact: docs/standards.md. -#}

{% macro cgcs2000_longitude(longitude, latitude, system) -%}
  {{ adapter.dispatch('cgcs2000_longitude', 'zhongtai')(longitude, latitude, system) }}
{%- endmacro %}
{% macro default__cgcs2000_longitude(longitude, latitude, system) -%}
  zt.{{ system }}_longitude({{ longitude }}, {{ latitude }})
{%- endmacro %}

{% macro cgcs2000_latitude(longitude, latitude, system) -%}
  {{ adapter.dispatch('cgcs2000_latitude', 'zhongtai')(longitude, latitude, system) }}
{%- endmacro %}
{% macro default__cgcs2000_latitude(longitude, latitude, system) -%}
  zt.{{ system }}_latitude({{ longitude }}, {{ latitude }})
{%- endmacro %}
