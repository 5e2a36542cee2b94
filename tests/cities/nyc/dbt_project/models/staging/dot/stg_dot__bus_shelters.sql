-- Written by `zhongtai sync`: change contracts/departments/dot/bus_shelters.yml, not this file.
with standardised as (
  select
    shelter_id,
    street,
    cross_street,
    latitude,
    longitude,
    zip,
    _batch, _delivery, _row
  from {{ source('raw', 'dot__bus_shelters') }}
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
  street,
  cross_street,
  latitude,
  longitude,
  zip,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
