-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
with keys as (
  select place from {{ ref('indicators__parking_lot__delivery__district') }} where place = 'city'
  union
  select place from {{ ref('indicators__vehicle_owner__delivery') }}
)

select
  keys.place,
  cast((t1.parking_spaces / nullif(t2.vehicles_registered, 0)) as double) as parking_space_per_vehicle,
  case
    when t1.parking_spaces is null then 'there is no value of parking_spaces'
    when t2.vehicles_registered is null then 'there is no value of vehicles_registered'
    when t2.vehicles_registered = 0 then 'it divides by zero: vehicles_registered'
  end as parking_space_per_vehicle__why
from keys
left join {{ ref('indicators__parking_lot__delivery__district') }} as t1
  on t1.place = keys.place
left join {{ ref('indicators__vehicle_owner__delivery') }} as t2
  on t2.place = keys.place
