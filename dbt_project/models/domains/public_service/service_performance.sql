-- The month is that of acceptance. Whoever comes by web or app comes not at all; a kiosk or counter asks for the item's visits.
with cases as (
  select
    coalesce(items.agency, '未列事项') as agency,
    cast(date_trunc('month', cases.accepted_at) as date) as month,
    cases.finished_at,
    case when cases.channel in ('web', 'app') then 0 else items.visits_needed end as visits,
    {{ zhongtai.deadline('due.day', 'cast(cases.accepted_at as date)') }} as due_on
  from {{ ref('stg_government_services__cases') }} as cases
  left join {{ ref('stg_government_services__service_items') }} as items
    on items.item_code = cases.item_code
  left join {{ ref('working_day') }} as accepted_days
    on accepted_days.day = cast(cases.accepted_at as date)
  left join {{ ref('working_day') }} as due
    on due.worked = 1 and due.worked_so_far = accepted_days.worked_so_far + items.promised_days
  where cases.accepted_at is not null
), counted as (
  select
    agency,
    month,
    count(*) as cases,
    sum(case when visits <= 1 then 1 else 0 end) as one_visit,
    sum(case when finished_at is not null and due_on is not null then 1 else 0 end) as finished,
    sum(case when cast(finished_at as date) <= due_on then 1 else 0 end) as on_time,
    sum(case when due_on is null then 1 else 0 end) as no_promise
  from cases
  group by agency, month
)

select
  agency,
  month,
  cast(cases as bigint) as cases,
  cast(one_visit as bigint) as one_visit,
  cast(finished as bigint) as finished,
  cast(on_time as bigint) as on_time,
  cast(no_promise as bigint) as no_promise,
  round(cast(one_visit as double) / cases, 4) as one_visit_rate,
  case when finished > 0 then round(cast(on_time as double) / finished, 4) end as on_time_rate
from counted
