-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
with keys as (
  select window_start, place from {{ ref('indicators__water_supply_day__day__day__district') }}
)

select
  keys.window_start,
  keys.place,
  cast(((t1.sewage_treated / nullif(t1.sewage_volume, 0)) * cast(100 as double)) as double) as sewage_treated_share,
  case
    when t1.sewage_treated is null then 'there is no value of sewage_treated'
    when t1.sewage_volume is null then 'there is no value of sewage_volume'
    when t1.sewage_volume = 0 then 'it divides by zero: sewage_volume'
  end as sewage_treated_share__why
from keys
left join {{ ref('indicators__water_supply_day__day__day__district') }} as t1
  on t1.window_start = keys.window_start and t1.place = keys.place
