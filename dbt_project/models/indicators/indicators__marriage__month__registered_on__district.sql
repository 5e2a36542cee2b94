-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  cast(date_trunc('month', registered_on) as date) as window_start,
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(count(*) as double) as marriages_registered
from {{ ref('marriage') }}
where registered_on is not null
group by grouping sets ((cast(date_trunc('month', registered_on) as date), district), (cast(date_trunc('month', registered_on) as date)))
having grouping(district) = 1 or district <> 'city'
