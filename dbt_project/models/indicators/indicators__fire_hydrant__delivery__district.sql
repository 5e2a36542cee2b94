-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(count(*) as double) as hydrant_count,
  cast(cast(count(case when (hydrant_state = '1') then 1 end) as double) / nullif(count(case when (hydrant_state = '1') is not null then 1 end), 0) * cast(100.0 as double) as double) as hydrant_ready_share,
  cast(avg(cast((pressure_mpa) as decimal(38, 6))) as double) as hydrant_pressure
from {{ ref('fire_hydrant') }}
group by grouping sets ((district), ())
having grouping(district) = 1 or district <> 'city'
