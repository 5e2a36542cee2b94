-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  cast(date_trunc('day', day) as date) as window_start,
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(cast(sum(cast((capacity_kw) as decimal(38, 6))) as double) / cast(1000.0 as double) as double) as transformer_capacity,
  cast(cast(count(case when (heavily_loaded) then 1 end) as double) / nullif(count(case when (heavily_loaded) is not null then 1 end), 0) * cast(100.0 as double) as double) as heavily_loaded_share,
  cast(cast(sum(cast((clean_kwh) as decimal(38, 6))) as double) / cast(10000.0 as double) as double) as clean_energy_volume,
  cast(cast(sum(cast((energy_kwh) as decimal(38, 6))) as double) / cast(10000.0 as double) as double) as power_consumed,
  cast(cast(sum(cast((peak_load_kw) as decimal(38, 6))) as double) / cast(1000.0 as double) as double) as power_peak_load,
  cast(cast(sum(cast((industrial_kwh) as decimal(38, 6))) as double) / cast(10000.0 as double) as double) as power_industrial,
  cast(cast(sum(cast((household_kwh) as decimal(38, 6))) as double) / cast(10000.0 as double) as double) as power_household,
  cast(cast(sum(cast((charging_kwh) as decimal(38, 6))) as double) / cast(10000.0 as double) as double) as power_charging,
  cast(sum(cast((interruptions) as decimal(38, 6))) as double) as power_interruptions,
  cast(sum(cast((customers_interrupted) as decimal(38, 6))) as double) as power_customers_interrupted,
  cast(sum(cast((interrupted_minutes) as decimal(38, 6))) as double) as power_interrupted_minutes
from {{ ref('power_supply_day') }}
where day is not null
group by grouping sets ((cast(date_trunc('day', day) as date), district), (cast(date_trunc('day', day) as date)))
having grouping(district) = 1 or district <> 'city'
