-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  cast(date_trunc('day', hour) as date) as window_start,
  'city' as place,
  cast(sum(cast((passings) as decimal(38, 6))) as double) as gate_passings
from {{ ref('gate_hour') }}
where hour is not null
group by cast(date_trunc('day', hour) as date)
