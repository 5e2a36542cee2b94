-- Written by `zhongtai sync`: change contracts/departments/ecology/stations.yml, not this file.
with standardised as (
  select
    station_id,
    name,
    district,
    longitude,
    latitude,
    built_on,
    _batch, _delivery, _row
  from {{ source('raw', 'ecology__stations') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'ecology__stations') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by station_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  station_id,
  name,
  district,
  longitude,
  latitude,
  built_on,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
