-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(cast(sum(cast((length_m) as decimal(38, 6))) as double) / cast(1000.0 as double) as double) as road_length,
  cast(count(*) as double) as road_segments,
  cast(cast(sum(cast(case when (road_class = '1') then (length_m) end as decimal(38, 6))) as double) / cast(1000.0 as double) as double) as expressway_length,
  cast(cast(sum(cast(case when (road_class = '2') then (length_m) end as decimal(38, 6))) as double) / cast(1000.0 as double) as double) as arterial_length,
  cast(cast(count(case when (road_class = '4') then 1 end) as double) / nullif(count(case when (road_class = '4') is not null then 1 end), 0) * cast(100.0 as double) as double) as local_road_share,
  cast(cast(sum(cast((cast(length_m as double) * cast(lanes as double)) as decimal(38, 6))) as double) / cast(1000.0 as double) as double) as lane_length,
  cast(avg(cast((lanes) as decimal(38, 6))) as double) as mean_lanes,
  cast(avg(cast((speed_limit) as decimal(38, 6))) as double) as mean_speed_limit
from {{ ref('road_segment') }}
group by grouping sets ((district), ())
having grouping(district) = 1 or district <> 'city'
