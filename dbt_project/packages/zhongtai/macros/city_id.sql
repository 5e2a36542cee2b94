{#- A stable city id from an identifier: keyed, so that it cannot be turned back by trying every identifier. -#}
{% macro city_id(identifier) -%}
  substring({{ zhongtai.declassify_hmac(identifier) }}, 1, 20)
{%- endmacro %}
