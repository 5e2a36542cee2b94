-- Of the four times of the process a ticket has the first and the last.
with tickets as (
  select
    tickets.*,
    routes.owner,
    routes.close_days,
    routes.repeat_days,
    received_days.day_number as received_number,
    received_days.worked_so_far as received_worked
  from {{ ref('stg_government_services__hotline_tickets') }} as tickets
  left join {{ ref('process_route') }} as routes
    on
      routes.process = 'hotline_ticket'
      and routes.category = tickets.hotline_category
      and routes.district = tickets.district
  left join {{ ref('working_day') }} as received_days
    on received_days.day = cast(tickets.received_at as date)
), followed as (
  select
    *,
    lag(received_number) over (
      partition by address, hotline_category order by received_at, ticket_id
    ) as earlier_number
  from tickets
), due as (
  select
    followed.*,
    {{ zhongtai.deadline('worked_days.day', 'cast(followed.received_at as date)') }} as due_on
  from followed
  left join {{ ref('working_day') }} as worked_days
    on worked_days.worked = 1 and worked_days.worked_so_far = followed.received_worked + followed.close_days
)

select
  ticket_id,
  hotline_category,
  district,
  received_at,
  closed_at,
  ticket_status,
  coalesce(closed_at < received_at, false) as closed_before_received,
  owner,
  {{ zhongtai.process_state([('found', 'received_at'), ('closed', 'closed_at')]) }} as state,
  due_on,
  coalesce(cast(closed_at as date) > due_on, false) as closed_late,
  coalesce(address is not null and received_number - earlier_number <= repeat_days, false) as repeated,
  _batch
from due
