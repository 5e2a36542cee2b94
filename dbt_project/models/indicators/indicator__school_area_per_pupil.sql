-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
with keys as (
  select place from {{ ref('indicators__school__delivery__district') }}
)

select
  keys.place,
  cast(((t1.school_area * cast(10000 as double)) / nullif(t1.pupils_enrolled, 0)) as double) as school_area_per_pupil,
  case
    when t1.pupils_enrolled is null then 'there is no value of pupils_enrolled'
    when t1.school_area is null then 'there is no value of school_area'
    when t1.pupils_enrolled = 0 then 'it divides by zero: pupils_enrolled'
  end as school_area_per_pupil__why
from keys
left join {{ ref('indicators__school__delivery__district') }} as t1
  on t1.place = keys.place
