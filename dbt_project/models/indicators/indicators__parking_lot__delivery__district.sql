-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(count(*) as double) as parking_lot_count,
  cast(sum(cast((spaces) as decimal(38, 6))) as double) as parking_spaces
from {{ ref('parking_lot') }}
group by grouping sets ((district), ())
having grouping(district) = 1 or district <> 'city'
