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
    on routes.process = 'hotline_ticket'
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
)

select
  followed.ticket_id,
  followed.hotline_category,
  followed.district,
  followed.received_at,
  followed.closed_at,
  followed.ticket_status,
  coalesce(followed.closed_at < followed.received_at, false) as closed_before_received,
  followed.owner,
  {{ zhongtai.process_state([('found', 'followed.received_at'), ('closed', 'followed.closed_at')]) }} as state,
  due.day as due_on,
  coalesce(cast(followed.closed_at as date) > due.day, false) as closed_late,
  coalesce(followed.received_number - followed.earlier_number <= followed.repeat_days, false) as repeated,
  followed._batch
from followed
left join {{ ref('working_day') }} as due
  on due.worked = 1 and due.worked_so_far = followed.received_worked + followed.close_days
