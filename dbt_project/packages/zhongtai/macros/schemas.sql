{#- A model's schema is its layer (staging, theme, product), not a schema of the target's with a suffix. -#}
{% macro layer_schema(custom_schema_name, node) -%}
  {{ custom_schema_name | trim if custom_schema_name is not none else target.schema }}
{%- endmacro %}
