{#- Declassifiers: the only functions that lower a level. What each may lower, and what must then hold of its output, is
    declared in contracts/standards/lineage_policy.yml. Another engine than DuckDB defines the same names and dispatches here. -#}

{#- A keyed pseudonym. In a product's model it is keyed by agreement (the model's folder) and by period, so that two
    recipients cannot join what they got; a new period makes new pseudonyms. Elsewhere the city has one key. -#}
{% macro declassify_hmac(value, period='1') -%}
  {%- set agreement = zhongtai.agreement_of_model() -%}
  {%- if agreement -%}
    {{ adapter.dispatch('declassify_pseudonym', 'zhongtai')(value, agreement, period) }}
  {%- else -%}
    {{ adapter.dispatch('declassify_hmac', 'zhongtai')(value) }}
  {%- endif -%}
{%- endmacro %}
{% macro default__declassify_hmac(value) -%}zt.declassify_hmac(cast({{ value }} as varchar)){%- endmacro %}
{% macro default__declassify_pseudonym(value, agreement, period) -%}
  zt.declassify_pseudonym(cast({{ value }} as varchar), '{{ agreement }}', '{{ period }}')
{%- endmacro %}

{#- The agreement whose product the model being compiled is: models/products/<agreement>/<product>.sql; empty elsewhere. -#}
{% macro agreement_of_model() -%}
  {%- set place = (model.fqn if model is defined and model else [])[1:-1] -%}
  {{- place[1] if place | length == 2 and place[0] == 'products' else '' -}}
{%- endmacro %}

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

{#- A coordinate as that of the lower edge of its cell; a cell of less than 0.01 degrees (about 1 km) gives nothing. -#}
{% macro declassify_grid(degrees, cell=0.01) -%}{{ adapter.dispatch('declassify_grid', 'zhongtai')(degrees, cell) }}{%- endmacro %}
{% macro default__declassify_grid(degrees, cell) -%}zt.declassify_grid({{ degrees }}, {{ cell }}){%- endmacro %}

{#- Free text with signs for numbers, addresses of mail and persons named by a title. No pattern knows every name. -#}
{% macro declassify_redact(value) -%}{{ adapter.dispatch('declassify_redact', 'zhongtai')(value) }}{%- endmacro %}
{% macro default__declassify_redact(value) -%}zt.declassify_redact({{ value }}){%- endmacro %}

{#- A count of persons with noise; `cell` is a label, the same in every row: one that hung on data could be asked whether
    it is this or that. The same count under the same label has the same noise, however often it is asked for. -#}
{% macro declassify_noise(counted, cell) -%}{{ adapter.dispatch('declassify_noise', 'zhongtai')(counted, cell) }}{%- endmacro %}
{% macro default__declassify_noise(counted, cell) -%}zt.declassify_noise({{ counted }}, {{ cell }}){%- endmacro %}

{#- Complementary suppression: where exactly one count of a line of the table is hidden, the total would tell it, so the
    least of those shown is hidden, too. `counted` is a column that declassify_k_count made, `within` what the line is
    told by. For a table with two kinds of totals, once for each. No declassifier: what it reads is lowered already. -#}
{% macro suppress_complement(counted, within) -%}
case
    when count(*) over (partition by {{ within }}) - count({{ counted }}) over (partition by {{ within }}) = 1
      and {{ counted }} = min({{ counted }}) over (partition by {{ within }})
      then null
    else {{ counted }}
  end
{%- endmacro %}
