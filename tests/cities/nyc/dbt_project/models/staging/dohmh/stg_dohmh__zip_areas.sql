-- Written by `zhongtai sync`: change contracts/departments/dohmh/zip_areas.yml, not this file.
with standardised as (
  select
    zip,
    modzcta,
    _batch, _delivery, _row
  from {{ source('raw', 'dohmh__zip_areas') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'dohmh__zip_areas') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by zip order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  zip,
  modzcta,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
