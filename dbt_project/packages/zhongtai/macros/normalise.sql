{#- Standard spellings, one macro per data element that declares `normalise`. DuckDB has functions of these names, so that
    lineage sees one call that keeps the data element; Spark gets the same as portable SQL. -#}

{% macro normalise_resident_id(column) -%}{{ adapter.dispatch('normalise_resident_id', 'zhongtai')(column) }}{%- endmacro %}
{% macro default__normalise_resident_id(column) -%}zt.normalise_resident_id({{ column }}){%- endmacro %}
{% macro spark__normalise_resident_id(column) -%}
{#- GB 11643-1999: a 15-digit id becomes 18 digits: century 19 and the check character of ISO 7064 MOD 11-2. Letters
    are of a foreigner's card; 996 to 999 at the end were for people of a hundred years and more, of no century. -#}
  {%- set body = "substring(" ~ column ~ ", 1, 6) || '19' || substring(" ~ column ~ ", 7, 9)" -%}
  {%- set weights = [7, 9, 10, 5, 8, 4] -%}
  {%- set tail = [2, 1, 6, 3, 7, 9, 10, 5, 8] + [4, 2] -%}
  {%- set terms = [] -%}
  {%- for weight in weights -%}
    {%- do terms.append(weight ~ " * cast(substring(" ~ column ~ ", " ~ loop.index ~ ", 1) as integer)") -%}
  {%- endfor -%}
  {#- positions 7 and 8 are the inserted '1' and '9', of weights 2 and 1 -#}
  {%- do terms.append("11") -%}
  {%- for weight in [6, 3, 7, 9, 10, 5, 8, 4, 2] -%}
    {%- do terms.append(weight ~ " * cast(substring(" ~ column ~ ", " ~ (loop.index + 6) ~ ", 1) as integer)") -%}
  {%- endfor -%}
  case
      when length({{ column }}) = 15
        and translate({{ column }}, '0123456789', '') = '' and substring({{ column }}, 13, 3) < '996'
        then {{ body }}
          || substring('10X98765432', ({{ terms | join(' + ') }}) % 11 + 1, 1)
      else upper({{ column }})
    end
{%- endmacro %}

{% macro normalise_credit_code(column) -%}{{ adapter.dispatch('normalise_credit_code', 'zhongtai')(column) }}{%- endmacro %}
{% macro default__normalise_credit_code(column) -%}zt.normalise_credit_code({{ column }}){%- endmacro %}
{% macro spark__normalise_credit_code(column) -%}
  upper({{ column }})
{%- endmacro %}

{% macro normalise_phone(column) -%}{{ adapter.dispatch('normalise_phone', 'zhongtai')(column) }}{%- endmacro %}
{% macro default__normalise_phone(column) -%}zt.normalise_phone({{ column }}){%- endmacro %}
{% macro spark__normalise_phone(column) -%}
  replace(replace({{ column }}, ' ', ''), '-', '')
{%- endmacro %}
