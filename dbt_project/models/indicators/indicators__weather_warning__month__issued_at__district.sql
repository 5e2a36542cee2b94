-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  cast(date_trunc('month', issued_at) as date) as window_start,
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(count(*) as double) as warnings_issued,
  cast(count(case when (warning_colour in ('1', '2')) then 1 end) as double) as severe_warnings,
  cast(cast(avg(cast((minutes_in_force) as decimal(38, 6))) as double) / cast(60.0 as double) as double) as warning_hours
from {{ ref('weather_warning') }}
where issued_at is not null
group by grouping sets ((cast(date_trunc('month', issued_at) as date), district), (cast(date_trunc('month', issued_at) as date)))
having grouping(district) = 1 or district <> 'city'
