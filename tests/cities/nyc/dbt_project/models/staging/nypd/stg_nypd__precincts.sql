-- Written by `zhongtai sync`: change contracts/departments/nypd/precincts.yml, not this file.
with standardised as (
  select
    precinct,
    phone,
    address,
    _batch, _delivery, _row
  from {{ source('raw', 'nypd__precincts') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'nypd__precincts') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by precinct order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  precinct,
  phone,
  address,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
