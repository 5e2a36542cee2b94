{#- Whole units of time from one moment to another, spelled as the engine spells it. What is not known gives null. -#}
{% macro seconds_between(start, end) -%} cast({{ dbt.datediff(start, end, 'second') }} as bigint) {%- endmacro %}
{% macro minutes_between(start, end) -%} cast({{ dbt.datediff(start, end, 'minute') }} as bigint) {%- endmacro %}
