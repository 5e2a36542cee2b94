-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  cast(date_trunc('day', day) as date) as window_start,
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(sum(cast((sewage_m3) as decimal(38, 6))) as double) as sewage_volume,
  cast(sum(cast((treated_m3) as decimal(38, 6))) as double) as sewage_treated,
  cast(sum(cast((reclaimed_m3) as decimal(38, 6))) as double) as water_reclaimed,
  cast(sum(cast((supplied_m3) as decimal(38, 6))) as double) as water_supplied,
  cast(avg(cast((pressure_mpa) as decimal(38, 6))) as double) as water_pressure,
  cast(sum(cast((households_cut_off) as decimal(38, 6))) as double) as water_cut_off_households,
  cast(sum(cast((sold_m3) as decimal(38, 6))) as double) as water_sold,
  cast(sum(cast((samples) as decimal(38, 6))) as double) as tap_samples,
  cast(sum(cast((samples_passed) as decimal(38, 6))) as double) as tap_samples_passed,
  cast(sum(cast((bursts) as decimal(38, 6))) as double) as water_bursts
from {{ ref('water_supply_day') }}
where day is not null
group by grouping sets ((cast(date_trunc('day', day) as date), district), (cast(date_trunc('day', day) as date)))
having grouping(district) = 1 or district <> 'city'
