-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
with keys as (
  select window_start, place from {{ ref('indicators__power_supply_day__day__day__district') }}
)

select
  keys.window_start,
  keys.place,
  cast(((t1.clean_energy_volume / nullif(t1.power_consumed, 0)) * cast(100 as double)) as double) as clean_energy_share,
  case
    when t1.clean_energy_volume is null then 'there is no value of clean_energy_volume'
    when t1.power_consumed is null then 'there is no value of power_consumed'
    when t1.power_consumed = 0 then 'it divides by zero: power_consumed'
  end as clean_energy_share__why
from keys
left join {{ ref('indicators__power_supply_day__day__day__district') }} as t1
  on t1.window_start = keys.window_start and t1.place = keys.place
