-- Written by `zhongtai sync`: change contracts/departments/housing/buildings.yml, not this file.
with standardised as (
  select
    building_id,
    address,
    district,
    building_use,
    floors,
    built_year,
    floor_area,
    longitude,
    latitude,
    _batch, _delivery, _row
  from {{ source('raw', 'housing__buildings') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'housing__buildings') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by building_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  building_id,
  address,
  district,
  building_use,
  floors,
  built_year,
  floor_area,
  longitude,
  latitude,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
