-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  cast(date_trunc('month', happened_at) as date) as window_start,
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(count(*) as double) as incidents_all,
  cast(count(case when (emergency_kind = '1') then 1 end) as double) as natural_disasters,
  cast(count(case when (emergency_kind = '2') then 1 end) as double) as accidents,
  cast(count(case when (emergency_level in ('1', '2', '3')) then 1 end) as double) as grave_incidents,
  cast(avg(cast((minutes_to_report) as decimal(38, 6))) as double) as incident_report_minutes,
  cast(cast(avg(cast((minutes_to_closing) as decimal(38, 6))) as double) / cast(60.0 as double) as double) as incident_closing_hours,
  cast(count(case when (is_open) then 1 end) as double) as incidents_open,
  cast(sum(cast((injured) as decimal(38, 6))) as double) as incident_injured,
  cast(sum(cast((deaths) as decimal(38, 6))) as double) as incident_deaths,
  cast(cast(sum(cast((loss) as decimal(38, 6))) as double) / cast(10000.0 as double) as double) as incident_loss
from {{ ref('emergency_incident') }}
where happened_at is not null
group by grouping sets ((cast(date_trunc('month', happened_at) as date), district), (cast(date_trunc('month', happened_at) as date)))
having grouping(district) = 1 or district <> 'city'
