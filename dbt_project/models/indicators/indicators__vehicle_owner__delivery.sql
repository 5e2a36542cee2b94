-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  'city' as place,
  cast(count(distinct case when (known_to_delivery is null) then (plate_number) end) as double) as vehicles_registered,
  cast(count(case when (known_from_delivery > 1) then 1 end) as double) as vehicle_sales
from {{ ref('vehicle_owner') }}
