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
    on
      routes.process = 'governance_event'
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
), due as (
  select
    followed.*,
    {{ zhongtai.deadline('worked_days.day', 'cast(followed.found_at as date)') }} as due_on
  from followed
  left join {{ ref('working_day') }} as worked_days
    on worked_days.worked = 1 and worked_days.worked_so_far = followed.found_worked + followed.close_days
)

select
  event_id,
  category,
  district,
  grid,
  place,
  event_source,
  responsible_unit,
  owner,
  found_at,
  assigned_at,
  checked_at,
  closed_at,
  {{ zhongtai.process_state([
    ('found', 'found_at'),
    ('assigned', 'assigned_at'),
    ('checked', 'checked_at'),
    ('closed', 'closed_at'),
  ]) }} as state,
  cast(assigned_minutes - found_minutes as bigint) as minutes_to_assign,
  coalesce(assigned_minutes - found_minutes > assign_minutes, false) as assigned_late,
  due_on,
  coalesce(cast(closed_at as date) > due_on, false) as closed_late,
  coalesce(place is not null and found_number - earlier_number <= repeat_days, false) as repeated,
  _batch
from due
