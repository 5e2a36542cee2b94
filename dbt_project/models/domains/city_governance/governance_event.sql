-- Who owns an event is declared by category and district (contracts/routing); an event of no known district has no owner.
with events as (
  select
    events.*,
    routes.owner,
    routes.opens_at,
    routes.closes_at,
    routes.assign_minutes,
    routes.close_days,
    routes.repeat_days,
    found_days.day_number as found_number,
    found_days.worked_so_far as found_worked,
    {{ zhongtai.office_minutes('events.found_at', 'found_days', 'routes.opens_at', 'routes.closes_at') }}
      as found_minutes,
    {{ zhongtai.office_minutes('events.assigned_at', 'assigned_days', 'routes.opens_at', 'routes.closes_at') }}
      as assigned_minutes
  from {{ ref('stg_urban_operations__events') }} as events
  left join {{ ref('process_route') }} as routes
    on routes.process = 'governance_event'
    and routes.category = events.category
    and routes.district = events.district
  left join {{ ref('working_day') }} as found_days
    on found_days.day = cast(events.found_at as date)
  left join {{ ref('working_day') }} as assigned_days
    on assigned_days.day = cast(events.assigned_at as date)
), followed as (
  select
    *,
    lag(found_number) over (partition by place, category order by found_at, event_id) as earlier_number
  from events
)

select
  followed.event_id,
  followed.category,
  followed.district,
  followed.grid,
  followed.place,
  followed.event_source,
  followed.responsible_unit,
  followed.owner,
  followed.found_at,
  followed.assigned_at,
  followed.checked_at,
  followed.closed_at,
  {{ zhongtai.process_state([
    ('found', 'followed.found_at'),
    ('assigned', 'followed.assigned_at'),
    ('checked', 'followed.checked_at'),
    ('closed', 'followed.closed_at'),
  ]) }} as state,
  cast(followed.assigned_minutes - followed.found_minutes as bigint) as minutes_to_assign,
  coalesce(followed.assigned_minutes - followed.found_minutes > followed.assign_minutes, false) as assigned_late,
  due.day as due_on,
  coalesce(cast(followed.closed_at as date) > due.day, false) as closed_late,
  coalesce(followed.found_number - followed.earlier_number <= followed.repeat_days, false) as repeated,
  followed._batch
from followed
left join {{ ref('working_day') }} as due
  on due.worked = 1 and due.worked_so_far = followed.found_worked + followed.close_days
