-- Written by `zhongtai sync`: change contracts/departments/market_regulation/enterprises.yml, not this file.
with standardised as (
  select
    {{ zhongtai.normalise_credit_code('credit_code') }} as credit_code,
    name,
    legal_representative,
    {{ zhongtai.normalise_resident_id('representative_id') }} as representative_id,
    industry,
    registered_capital,
    established_on,
    case enterprise_status
      when '在营' then '1'
      when '存续' then '1'
      when '吊销' then '2'
      when '注销' then '3'
      when '迁出' then '4'
      else enterprise_status
    end as enterprise_status,
    closed_on,
    district,
    address,
    phone,
    _batch, _delivery, _row
  from {{ source('raw', 'market_regulation__enterprises') }}
), versions as (
  select
    *,
    row_number() over (
      partition by credit_code order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  credit_code,
  name,
  legal_representative,
  representative_id,
  industry,
  registered_capital,
  established_on,
  enterprise_status,
  closed_on,
  district,
  address,
  phone,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
