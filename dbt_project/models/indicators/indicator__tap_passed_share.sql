-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
with keys as (
  select window_start, place from {{ ref('indicators__water_supply_day__day__day__district') }}
)

select
  keys.window_start,
  keys.place,
  cast(((t1.tap_samples_passed / nullif(t1.tap_samples, 0)) * cast(100 as double)) as double) as tap_passed_share,
  case
    when t1.tap_samples is null then 'there is no value of tap_samples'
    when t1.tap_samples_passed is null then 'there is no value of tap_samples_passed'
    when t1.tap_samples = 0 then 'it divides by zero: tap_samples'
  end as tap_passed_share__why
from keys
left join {{ ref('indicators__water_supply_day__day__day__district') }} as t1
  on t1.window_start = keys.window_start and t1.place = keys.place
