-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(count(*) as double) as building_count,
  cast(avg(cast((floors) as decimal(38, 6))) as double) as building_mean_floors,
  cast(count(case when (floors >= 10) then 1 end) as double) as high_rise_buildings,
  cast(cast(count(case when (built_year < 2000) then 1 end) as double) / nullif(count(case when (built_year < 2000) is not null then 1 end), 0) * cast(100.0 as double) as double) as old_building_share,
  cast(avg(cast((built_year) as decimal(38, 6))) as double) as building_mean_year
from {{ ref('building') }}
group by grouping sets ((district), ())
having grouping(district) = 1 or district <> 'city'
