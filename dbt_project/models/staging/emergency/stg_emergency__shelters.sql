-- Written by `zhongtai sync`: change contracts/departments/emergency/shelters.yml, not this file.
with standardised as (
  select
    shelter_id,
    name,
    district,
    capacity,
    area,
    is_open,
    stocked_days,
    checked_on,
    longitude,
    latitude,
    _batch, _delivery, _row
  from {{ source('raw', 'emergency__shelters') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'emergency__shelters') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by shelter_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  shelter_id,
  name,
  district,
  capacity,
  area,
  is_open,
  stocked_days,
  checked_on,
  longitude,
  latitude,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
