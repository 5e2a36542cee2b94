-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
with keys as (
  select window_start, place from {{ ref('indicators__power_supply_day__day__day__district') }}
)

select
  keys.window_start,
  keys.place,
  cast(((t1.power_peak_load / nullif(t1.transformer_capacity, 0)) * cast(100 as double)) as double) as power_load_share,
  case
    when t1.power_peak_load is null then 'there is no value of power_peak_load'
    when t1.transformer_capacity is null then 'there is no value of transformer_capacity'
    when t1.transformer_capacity = 0 then 'it divides by zero: transformer_capacity'
  end as power_load_share__why
from keys
left join {{ ref('indicators__power_supply_day__day__day__district') }} as t1
  on t1.window_start = keys.window_start and t1.place = keys.place
