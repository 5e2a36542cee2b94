-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  cast(date_trunc('day', day) as date) as window_start,
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(sum(cast((supplied_m3) as decimal(38, 6))) as double) as gas_supplied,
  cast(sum(cast((household_m3) as decimal(38, 6))) as double) as gas_household,
  cast(sum(cast((stored_m3) as decimal(38, 6))) as double) as gas_stored,
  cast(sum(cast((leak_alarms) as decimal(38, 6))) as double) as gas_leak_alarms,
  cast(sum(cast((leaks_repaired) as decimal(38, 6))) as double) as gas_leaks_repaired,
  cast(sum(cast((homes_inspected) as decimal(38, 6))) as double) as gas_homes_inspected,
  cast(sum(cast((hazards_found) as decimal(38, 6))) as double) as gas_hazards_found
from {{ ref('gas_supply_day') }}
where day is not null
group by grouping sets ((cast(date_trunc('day', day) as date), district), (cast(date_trunc('day', day) as date)))
having grouping(district) = 1 or district <> 'city'
