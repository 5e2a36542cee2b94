-- Written by `zhongtai sync`: change contracts/departments/culture_tourism/hotels.yml, not this file.
with standardised as (
  select
    {{ zhongtai.normalise_credit_code('credit_code') }} as credit_code,
    name,
    hotel_grade,
    district,
    address,
    rooms,
    fire_certificate,
    phone,
    _batch, _delivery, _row
  from {{ source('raw', 'culture_tourism__hotels') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'culture_tourism__hotels') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by credit_code order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  credit_code,
  name,
  hotel_grade,
  district,
  address,
  rooms,
  fire_certificate,
  phone,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
