-- Written by `zhongtai sync`: change contracts/departments/market_regulation/food_premises.yml, not this file.
with standardised as (
  select
    visit_number,
    signboard,
    operator,
    {{ zhongtai.normalise_credit_code('credit_code') }} as credit_code,
    address,
    phone,
    visited_on,
    case result
      when '合格' then '1'
      when '整改' then '2'
      when '不合格' then '3'
      else result
    end as result,
    _batch, _delivery, _row
  from {{ source('raw', 'market_regulation__food_premises') }}
), versions as (
  select
    *,
    row_number() over (
      partition by visit_number order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  visit_number,
  signboard,
  operator,
  credit_code,
  address,
  phone,
  visited_on,
  result,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
