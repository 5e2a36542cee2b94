{#- A stable city id from an identifier: keyed, so that it cannot be turned back by trying every identifier. -#}
{% macro city_id(identifier) -%}{{ adapter.dispatch('declassify_city_key', 'zhongtai')(identifier) }}{%- endmacro %}
{% macro default__declassify_city_key(value) -%}zt.declassify_city_key(cast({{ value }} as varchar)){%- endmacro %}

{#- The city id that the registry has for an identifier, decisions included; null where it is not registered.
    A subquery and not a join: so the identifier decides this one column, and not which rows there are. -#}
{% macro city_id_of(entity, identifier) -%}
zt.declassify_registered_id((
    select max(registry.city_id)
    from {{ ref(entity ~ '__registered') }} as registry
    where registry.identifier = {{ identifier }}
  ))
{%- endmacro %}
