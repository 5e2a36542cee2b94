-- Written by `zhongtai sync`: change contracts/departments/housing/parking_lots.yml, not this file.
with standardised as (
  select
    lot_id,
    name,
    building_id,
    district,
    spaces,
    longitude,
    latitude,
    _batch, _delivery, _row
  from {{ source('raw', 'housing__parking_lots') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'housing__parking_lots') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by lot_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  lot_id,
  name,
  building_id,
  district,
  spaces,
  longitude,
  latitude,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
