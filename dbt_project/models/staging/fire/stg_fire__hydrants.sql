-- Written by `zhongtai sync`: change contracts/departments/fire/hydrants.yml, not this file.
with standardised as (
  select
    hydrant_id,
    district,
    hydrant_state,
    pressure_mpa,
    inspected_on,
    longitude,
    latitude,
    _batch, _delivery, _row
  from {{ source('raw', 'fire__hydrants') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'fire__hydrants') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by hydrant_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  hydrant_id,
  district,
  hydrant_state,
  pressure_mpa,
  inspected_on,
  longitude,
  latitude,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
