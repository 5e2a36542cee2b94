-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
with keys as (
  select window_start, place from {{ ref('indicators__gas_supply_day__day__day__district') }}
)

select
  keys.window_start,
  keys.place,
  cast((t1.gas_stored / nullif(t1.gas_supplied, 0)) as double) as gas_storage_days,
  case
    when t1.gas_stored is null then 'there is no value of gas_stored'
    when t1.gas_supplied is null then 'there is no value of gas_supplied'
    when t1.gas_supplied = 0 then 'it divides by zero: gas_supplied'
  end as gas_storage_days__why
from keys
left join {{ ref('indicators__gas_supply_day__day__day__district') }} as t1
  on t1.window_start = keys.window_start and t1.place = keys.place
