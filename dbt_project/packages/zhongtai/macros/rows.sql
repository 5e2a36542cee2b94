{#- What a row that no identifier names is known by: its dataset, and its key, or where it has none all that it says; each
    part with its length, so that none runs into another. -#}
{% macro row_key(dataset, columns) -%}
'~{{ dataset }}|'
{%- for column in columns %} || cast(length(coalesce(cast({{ column }} as varchar), '')) as varchar) || ':' || coalesce(cast({{ column }} as varchar), '')
{%- endfor %}
{%- endmacro %}

{#- The city id of the thing that a delivered row without an identifier belongs to, by the registry; null where it has
    none. A subquery and not a join: so the row's key decides this one column, and not which rows there are. -#}
{% macro city_id_of_row(entity, dataset, columns) -%}
(
    select max(links.city_id)
    from {{ source('registry', entity) }} as links
    where links._key = {{ zhongtai.row_key(dataset, columns) }}
  )
{%- endmacro %}
