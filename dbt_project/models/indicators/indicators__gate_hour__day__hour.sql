-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  cast(date_trunc('day', hour) as date) as window_start,
  'city' as place,
  cast(sum(cast((passings) as decimal(38, 6))) as double) as gate_passings,
  cast(count(distinct (gate_id)) as double) as gates_reporting,
  cast(sum(cast(case when (extract(hour from hour) in (7, 8, 17, 18)) then (passings) end as decimal(38, 6))) as double) as gate_passings_peak,
  cast(max(cast((passings) as double)) as double) as gate_passings_busiest,
  cast(avg(cast((mean_speed) as decimal(38, 6))) as double) as gate_speed_mean,
  cast(min(cast((mean_speed) as double)) as double) as gate_speed_lowest,
  cast(cast(count(case when (mean_speed < 30) then 1 end) as double) / nullif(count(case when (mean_speed < 30) is not null then 1 end), 0) * cast(100.0 as double) as double) as slow_gate_hours,
  cast(sum(cast(case when (extract(hour from hour) < 6) then (passings) end as decimal(38, 6))) as double) as gate_passings_night
from {{ ref('gate_hour') }}
where hour is not null
group by cast(date_trunc('day', hour) as date)
