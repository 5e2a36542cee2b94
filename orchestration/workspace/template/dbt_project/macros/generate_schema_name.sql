{%- macro generate_schema_name(custom_schema_name, node) -%}
  {{ zhongtai.layer_schema(custom_schema_name, node) }}
{%- endmacro -%}
