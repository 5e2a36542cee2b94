-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
with keys as (
  select place from {{ ref('indicators__school__delivery__district') }}
)

select
  keys.place,
  cast((t1.pupils_enrolled / nullif(t1.teachers_total, 0)) as double) as pupils_per_teacher,
  case
    when t1.pupils_enrolled is null then 'there is no value of pupils_enrolled'
    when t1.teachers_total is null then 'there is no value of teachers_total'
    when t1.teachers_total = 0 then 'it divides by zero: teachers_total'
  end as pupils_per_teacher__why
from keys
left join {{ ref('indicators__school__delivery__district') }} as t1
  on t1.place = keys.place
