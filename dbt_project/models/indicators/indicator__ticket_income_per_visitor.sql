-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
with keys as (
  select window_start, place from {{ ref('indicators__spot_day__day__day__district') }}
)

select
  keys.window_start,
  keys.place,
  cast((t1.ticket_income / nullif(t1.spot_visitors, 0)) as double) as ticket_income_per_visitor,
  case
    when t1.spot_visitors is null then 'there is no value of spot_visitors'
    when t1.ticket_income is null then 'there is no value of ticket_income'
    when t1.spot_visitors = 0 then 'it divides by zero: spot_visitors'
  end as ticket_income_per_visitor__why
from keys
left join {{ ref('indicators__spot_day__day__day__district') }} as t1
  on t1.window_start = keys.window_start and t1.place = keys.place
