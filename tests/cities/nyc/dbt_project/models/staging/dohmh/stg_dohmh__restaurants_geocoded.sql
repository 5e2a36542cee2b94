-- Written by `zhongtai sync`: change contracts/departments/dohmh/restaurants_geocoded.yml, not this file.
with standardised as (
  select
    row_number,
    name,
    building,
    street,
    zip,
    cuisine,
    address,
    latitude,
    longitude,
    _batch, _delivery, _row
  from {{ source('raw', 'dohmh__restaurants_geocoded') }}
), versions as (
  select
    *,
    row_number() over (
      partition by row_number order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  row_number,
  name,
  building,
  street,
  zip,
  cuisine,
  address,
  latitude,
  longitude,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
