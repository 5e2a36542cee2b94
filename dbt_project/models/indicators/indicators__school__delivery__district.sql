-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(count(*) as double) as school_count,
  cast(cast(sum(cast((floor_area) as decimal(38, 6))) as double) / cast(10000.0 as double) as double) as school_area,
  cast(sum(cast((places) as decimal(38, 6))) as double) as school_places_total,
  cast(sum(cast((pupils) as decimal(38, 6))) as double) as pupils_enrolled,
  cast(cast(count(case when (over_capacity) then 1 end) as double) / nullif(count(case when (over_capacity) is not null then 1 end), 0) * cast(100.0 as double) as double) as crowded_school_share,
  cast(sum(cast((teachers) as decimal(38, 6))) as double) as teachers_total,
  cast(cast(count(case when (is_public) then 1 end) as double) / nullif(count(case when (is_public) is not null then 1 end), 0) * cast(100.0 as double) as double) as public_school_share
from {{ ref('school') }}
group by grouping sets ((district), ())
having grouping(district) = 1 or district <> 'city'
