-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  cast(date_trunc('day', visited_at) as date) as window_start,
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(count(*) as double) as outpatient_visits,
  cast(count(distinct (facility_id)) as double) as facilities_visited
from {{ ref('visit') }}
where visited_at is not null
group by grouping sets ((cast(date_trunc('day', visited_at) as date), district), (cast(date_trunc('day', visited_at) as date)))
having grouping(district) = 1 or district <> 'city'
