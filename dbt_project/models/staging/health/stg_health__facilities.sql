-- Written by `zhongtai sync`: change contracts/departments/health/facilities.yml, not this file.
with standardised as (
  select
    facility_id,
    {{ zhongtai.normalise_credit_code('credit_code') }} as credit_code,
    name,
    facility_type,
    district,
    address,
    longitude,
    latitude,
    phone,
    beds,
    _batch, _delivery, _row
  from {{ source('raw', 'health__facilities') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'health__facilities') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by facility_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  facility_id,
  credit_code,
  name,
  facility_type,
  district,
  address,
  longitude,
  latitude,
  phone,
  beds,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
