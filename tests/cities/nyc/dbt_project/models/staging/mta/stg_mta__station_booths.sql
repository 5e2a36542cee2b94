-- Written by `zhongtai sync`: change contracts/departments/mta/station_booths.yml, not this file.
with standardised as (
  select
    booth,
    remote_unit,
    station,
    lines,
    division,
    _batch, _delivery, _row
  from {{ source('raw', 'mta__station_booths') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'mta__station_booths') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by booth order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  booth,
  remote_unit,
  station,
  lines,
  division,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
