-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
with keys as (
  select place from {{ ref('indicators__school__delivery__district') }}
)

select
  keys.place,
  cast(((t1.pupils_enrolled / nullif(t1.school_places_total, 0)) * cast(100 as double)) as double) as school_place_use,
  case
    when t1.pupils_enrolled is null then 'there is no value of pupils_enrolled'
    when t1.school_places_total is null then 'there is no value of school_places_total'
    when t1.school_places_total = 0 then 'it divides by zero: school_places_total'
  end as school_place_use__why
from keys
left join {{ ref('indicators__school__delivery__district') }} as t1
  on t1.place = keys.place
