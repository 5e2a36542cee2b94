-- Written by `zhongtai sync`: change contracts/departments/tourism/scenic_spots.yml, not this file.
with standardised as (
  select
    spot_number,
    name,
    name_en,
    latitude,
    longitude,
    tags,
    price,
    rating,
    reviews,
    _batch, _delivery, _row
  from {{ source('raw', 'tourism__scenic_spots') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'tourism__scenic_spots') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by spot_number order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  spot_number,
  name,
  name_en,
  latitude,
  longitude,
  tags,
  price,
  rating,
  reviews,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
