-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  cast(date_trunc('day', day) as date) as window_start,
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(avg(cast((mean_temperature) as decimal(38, 6))) as double) as temperature_mean,
  cast(max(cast((highest_temperature) as double)) as double) as temperature_highest,
  cast(min(cast((lowest_temperature) as double)) as double) as temperature_lowest,
  cast(avg(cast((rainfall_mm) as decimal(38, 6))) as double) as rainfall_mean,
  cast(count(case when (rainstorm) then 1 end) as double) as rainstorm_districts,
  cast(max(cast((highest_wind) as double)) as double) as wind_highest,
  cast(avg(cast((humidity) as decimal(38, 6))) as double) as humidity_mean,
  cast(avg(cast((sunshine_hours) as decimal(38, 6))) as double) as sunshine_mean,
  cast(min(cast((visibility_m) as double)) as double) as visibility_lowest
from {{ ref('weather_day') }}
where day is not null
group by grouping sets ((cast(date_trunc('day', day) as date), district), (cast(date_trunc('day', day) as date)))
having grouping(district) = 1 or district <> 'city'
