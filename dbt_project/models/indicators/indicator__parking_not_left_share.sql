-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
with keys as (
  select window_start, place from {{ ref('indicators__parking_day__day__day') }}
)

select
  keys.window_start,
  keys.place,
  cast(((t1.parking_not_left / nullif(t1.parking_entries, 0)) * cast(100 as double)) as double) as parking_not_left_share,
  case
    when t1.parking_entries is null then 'there is no value of parking_entries'
    when t1.parking_not_left is null then 'there is no value of parking_not_left'
    when t1.parking_entries = 0 then 'it divides by zero: parking_entries'
  end as parking_not_left_share__why
from keys
left join {{ ref('indicators__parking_day__day__day') }} as t1
  on t1.window_start = keys.window_start and t1.place = keys.place
