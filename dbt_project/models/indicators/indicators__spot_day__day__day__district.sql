-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  cast(date_trunc('day', day) as date) as window_start,
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(sum(cast((visitors) as decimal(38, 6))) as double) as spot_visitors,
  cast(count(distinct (spot_id)) as double) as spots_visited,
  cast(count(case when (over_capacity) then 1 end) as double) as spots_over_capacity,
  cast(sum(cast((ticket_income) as decimal(38, 6))) as double) as ticket_income
from {{ ref('spot_day') }}
where day is not null
group by grouping sets ((cast(date_trunc('day', day) as date), district), (cast(date_trunc('day', day) as date)))
having grouping(district) = 1 or district <> 'city'
