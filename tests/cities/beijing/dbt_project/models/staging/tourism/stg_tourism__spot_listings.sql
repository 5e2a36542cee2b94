-- Written by `zhongtai sync`: change contracts/departments/tourism/spot_listings.yml, not this file.
with standardised as (
  select
    listed_number,
    name,
    name_en,
    latitude,
    longitude,
    tags,
    price,
    rating,
    reviews,
    _batch, _delivery, _row
  from {{ source('raw', 'tourism__spot_listings') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'tourism__spot_listings') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by listed_number order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  listed_number,
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
