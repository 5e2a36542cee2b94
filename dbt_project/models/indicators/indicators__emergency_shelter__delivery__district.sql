-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(count(*) as double) as shelter_count,
  cast(sum(cast(case when (is_open) then (capacity) end as decimal(38, 6))) as double) as shelter_capacity,
  cast(cast(count(case when (is_open) then 1 end) as double) / nullif(count(case when (is_open) is not null then 1 end), 0) * cast(100.0 as double) as double) as shelter_open_share,
  cast(sum(cast(case when (is_open) then (area) end as decimal(38, 6))) as double) as shelter_area,
  cast(avg(cast(case when (is_open) then (stocked_days) end as decimal(38, 6))) as double) as shelter_stocked_days,
  cast(cast(count(case when (stocked_days <= 3) then 1 end) as double) / nullif(count(case when (stocked_days <= 3) is not null then 1 end), 0) * cast(100.0 as double) as double) as shelter_short_stock_share
from {{ ref('emergency_shelter') }}
group by grouping sets ((district), ())
having grouping(district) = 1 or district <> 'city'
