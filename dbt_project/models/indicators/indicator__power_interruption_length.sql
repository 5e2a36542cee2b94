-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
with keys as (
  select window_start, place from {{ ref('indicators__power_supply_day__day__day__district') }}
)

select
  keys.window_start,
  keys.place,
  cast((t1.power_interrupted_minutes / nullif(t1.power_customers_interrupted, 0)) as double) as power_interruption_length,
  case
    when t1.power_customers_interrupted is null then 'there is no value of power_customers_interrupted'
    when t1.power_interrupted_minutes is null then 'there is no value of power_interrupted_minutes'
    when t1.power_customers_interrupted = 0 then 'it divides by zero: power_customers_interrupted'
  end as power_interruption_length__why
from keys
left join {{ ref('indicators__power_supply_day__day__day__district') }} as t1
  on t1.window_start = keys.window_start and t1.place = keys.place
