-- Written by `zhongtai sync`: change contracts/departments/dsny/recycling_rates.yml, not this file.
with standardised as (
  select
    district,
    zip,
    zone,
    diversion_rate,
    paper_capture_rate,
    mgp_capture_rate,
    capture_rate,
    _batch, _delivery, _row
  from {{ source('raw', 'dsny__recycling_rates') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'dsny__recycling_rates') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by district order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  district,
  zip,
  zone,
  diversion_rate,
  paper_capture_rate,
  mgp_capture_rate,
  capture_rate,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
