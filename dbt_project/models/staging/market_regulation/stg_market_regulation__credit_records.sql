-- Written by `zhongtai sync`: change contracts/departments/market_regulation/credit_records.yml, not this file.
with standardised as (
  select
    record_id,
    {{ zhongtai.normalise_credit_code('credit_code') }} as credit_code,
    credit_record_kind,
    source,
    recorded_on,
    expires_on,
    case objection_state
      when '无异议' then 'none'
      when '异议处理中' then 'raised'
      when '异议成立' then 'upheld'
      when '异议不成立' then 'rejected'
      else objection_state
    end as objection_state,
    _batch, _delivery, _row
  from {{ source('raw', 'market_regulation__credit_records') }}
), versions as (
  select
    *,
    row_number() over (
      partition by record_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  record_id,
  credit_code,
  credit_record_kind,
  source,
  recorded_on,
  expires_on,
  objection_state,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
