-- Written by `zhongtai sync`: change contracts/departments/culture_tourism/scenic_spots.yml, not this file.
with standardised as (
  select
    spot_id,
    name,
    case spot_grade
      when 'AAAAA' then '5A'
      when 'AAAA' then '4A'
      when 'AAA' then '3A'
      when 'AA' then '2A'
      when 'A' then '1A'
      else spot_grade
    end as spot_grade,
    district,
    address,
    longitude,
    latitude,
    capacity,
    _batch, _delivery, _row
  from {{ source('raw', 'culture_tourism__scenic_spots') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'culture_tourism__scenic_spots') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by spot_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  spot_id,
  name,
  spot_grade,
  district,
  address,
  longitude,
  latitude,
  capacity,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
