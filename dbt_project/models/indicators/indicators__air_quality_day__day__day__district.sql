-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  cast(date_trunc('day', day) as date) as window_start,
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(avg(cast(case when (pollutant = 'PM2.5') then (mean_value) end as decimal(38, 6))) as double) as pm25_mean,
  cast(max(cast(case when (pollutant = 'PM2.5') then (highest_value) end as double)) as double) as pm25_highest,
  cast(cast(count(case when (pollutant = 'PM2.5') and (mean_value > 75) then 1 end) as double) / nullif(count(case when (pollutant = 'PM2.5') and (mean_value > 75) is not null then 1 end), 0) * cast(100.0 as double) as double) as pm25_over_share,
  cast(avg(cast(case when (pollutant = 'PM10') then (mean_value) end as decimal(38, 6))) as double) as pm10_mean,
  cast(max(cast(case when (pollutant = 'PM10') then (highest_value) end as double)) as double) as pm10_highest,
  cast(avg(cast(case when (pollutant = 'SO2') then (mean_value) end as decimal(38, 6))) as double) as so2_mean,
  cast(max(cast(case when (pollutant = 'SO2') then (highest_value) end as double)) as double) as so2_highest,
  cast(avg(cast(case when (pollutant = 'NO2') then (mean_value) end as decimal(38, 6))) as double) as no2_mean,
  cast(max(cast(case when (pollutant = 'O3') then (highest_value) end as double)) as double) as o3_highest,
  cast(count(distinct (station_id)) as double) as air_stations_reporting,
  cast(sum(cast((readings) as decimal(38, 6))) as double) as air_readings
from {{ ref('air_quality_day') }}
where day is not null
group by grouping sets ((cast(date_trunc('day', day) as date), district), (cast(date_trunc('day', day) as date)))
having grouping(district) = 1 or district <> 'city'
