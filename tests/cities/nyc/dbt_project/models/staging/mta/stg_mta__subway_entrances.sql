-- Written by `zhongtai sync`: change contracts/departments/mta/subway_entrances.yml, not this file.
with standardised as (
  select
    division,
    line,
    station,
    station_latitude,
    station_longitude,
    route_1,
    route_2,
    route_3,
    entrance_type,
    case entry
      when 'YES' then 'Y'
      when 'Yes' then 'Y'
      when 'TRUE' then 'Y'
      when 'NO' then 'N'
      when 'No' then 'N'
      when 'FALSE' then 'N'
      else entry
    end as entry,
    case exit_only
      when 'YES' then 'Y'
      when 'Yes' then 'Y'
      when 'TRUE' then 'Y'
      when 'NO' then 'N'
      when 'No' then 'N'
      when 'FALSE' then 'N'
      else exit_only
    end as exit_only,
    case vending
      when 'YES' then 'Y'
      when 'Yes' then 'Y'
      when 'TRUE' then 'Y'
      when 'NO' then 'N'
      when 'No' then 'N'
      when 'FALSE' then 'N'
      else vending
    end as vending,
    staffing,
    case accessible
      when 'YES' then 'Y'
      when 'Yes' then 'Y'
      when 'TRUE' then 'Y'
      when 'NO' then 'N'
      when 'No' then 'N'
      when 'FALSE' then 'N'
      else accessible
    end as accessible,
    case free_crossover
      when 'YES' then 'Y'
      when 'Yes' then 'Y'
      when 'TRUE' then 'Y'
      when 'NO' then 'N'
      when 'No' then 'N'
      when 'FALSE' then 'N'
      else free_crossover
    end as free_crossover,
    north_south_street,
    east_west_street,
    corner,
    latitude,
    longitude,
    _batch, _delivery, _row
  from {{ source('raw', 'mta__subway_entrances') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'mta__subway_entrances') }}
  )
)

select
  division,
  line,
  station,
  station_latitude,
  station_longitude,
  route_1,
  route_2,
  route_3,
  entrance_type,
  entry,
  exit_only,
  vending,
  staffing,
  accessible,
  free_crossover,
  north_south_street,
  east_west_street,
  corner,
  latitude,
  longitude,
  _batch,
  _delivery,
  _row
from standardised
