with days as (
  select
    station_id,
    pollutant,
    cast(measured_at as date) as day,
    cast(avg(cast(value as decimal(18, 6))) as double) as mean_value,
    max(value) as highest_value,
    cast(count(value) as bigint) as readings
  from {{ ref('stg_ecology__readings') }}
  group by station_id, pollutant, cast(measured_at as date)
)

select
  days.station_id,
  days.pollutant,
  days.day,
  stations.name as station_name,
  stations.district,
  days.mean_value,
  days.highest_value,
  days.readings
from days
left join {{ ref('stg_ecology__stations') }} as stations
  on stations.station_id = days.station_id
where days.readings > 0
