-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  cast(date_trunc('month', inspected_on) as date) as window_start,
  'city' as place,
  cast(count(*) as double) as inspections_made,
  cast(cast(count(case when (result = '3') then 1 end) as double) / nullif(count(case when (result = '3') is not null then 1 end), 0) * cast(100.0 as double) as double) as inspection_failed_share,
  cast(cast(count(case when (needs_follow_up) then 1 end) as double) / nullif(count(case when (needs_follow_up) is not null then 1 end), 0) * cast(100.0 as double) as double) as inspection_follow_up_share,
  cast(avg(cast((score) as decimal(38, 6))) as double) as inspection_score
from {{ ref('inspection') }}
where inspected_on is not null
group by cast(date_trunc('month', inspected_on) as date)
