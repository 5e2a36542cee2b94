-- Written by `zhongtai sync`: change contracts/departments/market_regulation/inspections.yml, not this file.
with standardised as (
  select
    inspection_id,
    {{ zhongtai.normalise_credit_code('credit_code') }} as credit_code,
    inspected_on,
    inspector,
    case result
      when '合格' then '1'
      when '整改' then '2'
      when '不合格' then '3'
      else result
    end as result,
    score,
    remark,
    _batch, _delivery, _row
  from {{ source('raw', 'market_regulation__inspections') }}
), versions as (
  select
    *,
    row_number() over (
      partition by inspection_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  inspection_id,
  credit_code,
  inspected_on,
  inspector,
  result,
  score,
  remark,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
