-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  cast(date_trunc('month', alarmed_at) as date) as window_start,
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(count(*) as double) as fire_callouts_all,
  cast(count(case when (callout_kind = '1') then 1 end) as double) as fires_fought,
  cast(cast(count(case when (callout_kind = '4') then 1 end) as double) / nullif(count(case when (callout_kind = '4') is not null then 1 end), 0) * cast(100.0 as double) as double) as false_alarm_share,
  cast(cast(avg(cast((seconds_to_arrival) as decimal(38, 6))) as double) / cast(60.0 as double) as double) as fire_arrival_minutes,
  cast(cast(count(case when (seconds_to_arrival > 480) then 1 end) as double) / nullif(count(case when (seconds_to_arrival > 480) is not null then 1 end), 0) * cast(100.0 as double) as double) as fire_late_arrival_share,
  cast(avg(cast((minutes_on_site) as decimal(38, 6))) as double) as fire_minutes_on_site,
  cast(count(case when (callout_kind = '2') then 1 end) as double) as rescue_callouts,
  cast(sum(cast((rescued) as decimal(38, 6))) as double) as persons_rescued,
  cast(sum(cast((engines) as decimal(38, 6))) as double) as engines_sent
from {{ ref('fire_callout') }}
where alarmed_at is not null
group by grouping sets ((cast(date_trunc('month', alarmed_at) as date), district), (cast(date_trunc('month', alarmed_at) as date)))
having grouping(district) = 1 or district <> 'city'
