-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  cast(date_trunc('month', sampled_on) as date) as window_start,
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(cast(count(case when (good) then 1 end) as double) / nullif(count(case when (good) is not null then 1 end), 0) * cast(100.0 as double) as double) as river_good_share,
  cast(cast(count(case when (water_quality = '6') then 1 end) as double) / nullif(count(case when (water_quality = '6') is not null then 1 end), 0) * cast(100.0 as double) as double) as river_bad_share,
  cast(count(distinct (section_id)) as double) as river_sections,
  cast(avg(cast((dissolved_oxygen) as decimal(38, 6))) as double) as dissolved_oxygen_mean,
  cast(avg(cast((ammonia_nitrogen) as decimal(38, 6))) as double) as ammonia_mean,
  cast(avg(cast((total_phosphorus) as decimal(38, 6))) as double) as phosphorus_mean
from {{ ref('river_sample') }}
where sampled_on is not null
group by grouping sets ((cast(date_trunc('month', sampled_on) as date), district), (cast(date_trunc('month', sampled_on) as date)))
having grouping(district) = 1 or district <> 'city'
