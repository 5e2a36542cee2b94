-- Written by `zhongtai sync`: change contracts/departments/construction/sites.yml, not this file.
with standardised as (
  select
    site_id,
    name,
    district,
    site_status,
    floor_area,
    budget,
    started_on,
    due_on,
    workers,
    safety_score,
    dust_monitored,
    checked_on,
    _batch, _delivery, _row
  from {{ source('raw', 'construction__sites') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'construction__sites') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by site_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  site_id,
  name,
  district,
  site_status,
  floor_area,
  budget,
  started_on,
  due_on,
  workers,
  safety_score,
  dust_monitored,
  checked_on,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
