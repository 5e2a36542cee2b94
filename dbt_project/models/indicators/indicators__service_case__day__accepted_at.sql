-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  cast(date_trunc('day', accepted_at) as date) as window_start,
  'city' as place,
  cast(count(*) as double) as cases_accepted,
  cast(cast(count(case when (finished_at is not null) then 1 end) as double) / nullif(count(case when (finished_at is not null) is not null then 1 end), 0) * cast(100.0 as double) as double) as cases_finished_share,
  cast(cast(count(case when (channel in ('web', 'app')) then 1 end) as double) / nullif(count(case when (channel in ('web', 'app')) is not null then 1 end), 0) * cast(100.0 as double) as double) as cases_online_share,
  cast(avg(cast((satisfaction) as decimal(38, 6))) as double) as case_satisfaction
from {{ ref('service_case') }}
where accepted_at is not null
group by cast(date_trunc('day', accepted_at) as date)
