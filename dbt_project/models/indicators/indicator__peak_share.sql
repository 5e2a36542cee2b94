-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
with keys as (
  select window_start, place from {{ ref('indicators__gate_hour__day__hour') }}
)

select
  keys.window_start,
  keys.place,
  cast(((t1.gate_passings_peak / nullif(t1.gate_passings, 0)) * cast(100 as double)) as double) as peak_share,
  case
    when t1.gate_passings is null then 'there is no value of gate_passings'
    when t1.gate_passings_peak is null then 'there is no value of gate_passings_peak'
    when t1.gate_passings = 0 then 'it divides by zero: gate_passings'
  end as peak_share__why
from keys
left join {{ ref('indicators__gate_hour__day__hour') }} as t1
  on t1.window_start = keys.window_start and t1.place = keys.place
