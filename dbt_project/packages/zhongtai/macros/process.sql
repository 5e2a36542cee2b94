{#- The state of something that goes through steps in an order, from the time of each: `steps` are pairs of a name and a
    column, first step first. Each step needs the one before it, and not to be earlier. The first step that has no time
    before none of those after it has one makes an open state; the first fault in the order of steps names the rest:
    `<step>_missing` of the first, `<step>_without_<step before>`, `<step>_before_<step before>`. -#}
{% macro process_state(steps) -%}
case
    when {{ steps[0][1] }} is null then '{{ steps[0][0] }}_missing'
    {%- for step in steps[1:] %}
    {%- set before = steps[loop.index0] %}
    when {{ step[1] }} is not null and {{ before[1] }} is null then '{{ step[0] }}_without_{{ before[0] }}'
    when {{ step[1] }} < {{ before[1] }} then '{{ step[0] }}_before_{{ before[0] }}'
    {%- endfor %}
    {%- for step in steps[1:] %}
    when {{ step[1] }} is null then 'open_{{ steps[loop.index0][0] }}'
    {%- endfor %}
    else 'in_order'
  end
{%- endmacro %}

{#- Office minutes from the start of the calendar to a moment: those of whole working days before its own, and what had
    passed of it. `day` is the row of `working_day` on which the moment lies; null where the calendar has none. -#}
{% macro office_minutes(moment, day, opens_at, closes_at) -%}
({{ day }}.worked_so_far - {{ day }}.worked) * ({{ closes_at }} - {{ opens_at }})
    + {{ day }}.worked * least(
      greatest(extract(hour from {{ moment }}) * 60 + extract(minute from {{ moment }}) - {{ opens_at }}, 0),
      {{ closes_at }} - {{ opens_at }}
    )
{%- endmacro %}

{#- The last day of a deadline: a working day of `working_day`, and never before the one it began on (a promise of no
    days made on a Sunday ends on that Sunday). Null where the calendar does not reach so far. -#}
{% macro deadline(worked_day, began_on) -%}
case when {{ worked_day }} < {{ began_on }} then {{ began_on }} else {{ worked_day }} end
{%- endmacro %}

{#- The last day on which something on record may be shown as valid: its own last day, and none at all while anybody
    objects, where an objection was right, and where its end or the state of objections is not known. -#}
{% macro valid_through(expires_on, objection_state) -%}
case when {{ objection_state }} in ('none', 'rejected') then {{ expires_on }} end
{%- endmacro %}
