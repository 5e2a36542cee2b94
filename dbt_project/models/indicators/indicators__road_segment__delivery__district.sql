-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(cast(sum(cast((length_m) as decimal(38, 6))) as double) / cast(1000.0 as double) as double) as road_length,
  cast(count(*) as double) as road_segments
from {{ ref('road_segment') }}
group by grouping sets ((district), ())
having grouping(district) = 1 or district is not null
