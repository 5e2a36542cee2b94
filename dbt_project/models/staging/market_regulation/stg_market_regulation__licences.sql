-- Written by `zhongtai sync`: change contracts/departments/market_regulation/licences.yml, not this file.
with standardised as (
  select
    licence_number,
    {{ zhongtai.normalise_credit_code('credit_code') }} as credit_code,
    licence_type,
    name,
    issued_on,
    valid_until,
    _batch, _delivery, _row
  from {{ source('raw', 'market_regulation__licences') }}
), versions as (
  select
    *,
    row_number() over (
      partition by licence_number order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  licence_number,
  credit_code,
  licence_type,
  name,
  issued_on,
  valid_until,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
