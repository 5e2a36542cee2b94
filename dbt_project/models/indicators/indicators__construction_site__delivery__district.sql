-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(count(case when (site_status = '1') then 1 end) as double) as sites_under_way,
  cast(cast(sum(cast(case when (site_status = '1') then (floor_area) end as decimal(38, 6))) as double) / cast(10000.0 as double) as double) as site_floor_area,
  cast(cast(sum(cast(case when (site_status = '1') then (budget) end as decimal(38, 6))) as double) / cast(100000000.0 as double) as double) as site_budget,
  cast(cast(count(case when (site_status = '2') then 1 end) as double) / nullif(count(case when (site_status = '2') is not null then 1 end), 0) * cast(100.0 as double) as double) as sites_stopped_share,
  cast(count(case when (site_status = '3') then 1 end) as double) as sites_finished,
  cast(cast(count(case when (site_status = '1') and (dust_monitored) then 1 end) as double) / nullif(count(case when (site_status = '1') and (dust_monitored) is not null then 1 end), 0) * cast(100.0 as double) as double) as site_dust_share,
  cast(avg(cast(case when (site_status = '1') then (safety_score) end as decimal(38, 6))) as double) as site_safety_score,
  cast(cast(count(case when (site_status = '1') and (safety_score < 70) then 1 end) as double) / nullif(count(case when (site_status = '1') and (safety_score < 70) is not null then 1 end), 0) * cast(100.0 as double) as double) as unsafe_site_share,
  cast(sum(cast(case when (site_status = '1') then (workers) end as decimal(38, 6))) as double) as site_workers,
  cast(count(case when (started_on >= date '2026-01-01') then 1 end) as double) as sites_started_2026,
  cast(cast(sum(cast(case when (started_on >= date '2026-01-01') then (budget) end as decimal(38, 6))) as double) / cast(100000000.0 as double) as double) as sites_budget_2026
from {{ ref('construction_site') }}
group by grouping sets ((district), ())
having grouping(district) = 1 or district <> 'city'
