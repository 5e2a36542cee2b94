-- Written by `zhongtai sync`: change contracts/departments/dohmh/uhf_areas.yml, not this file.
with standardised as (
  select
    uhf_area,
    uhf_name,
    zip_codes,
    _batch, _delivery, _row
  from {{ source('raw', 'dohmh__uhf_areas') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'dohmh__uhf_areas') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by uhf_area order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  uhf_area,
  uhf_name,
  zip_codes,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
