-- Written by `zhongtai sync`: change contracts/domains/legal_entity.yml or a contract that provides it, not this file.
select
  1 as _provider,
  'market_regulation' as _department,
  'market_regulation.food_premises' as _dataset,
  false as _once,
  {{ zhongtai.row_key('market_regulation.food_premises', ['visit_number']) }} as _key,
  cast(credit_code as varchar) as credit_code,
  cast(signboard as varchar) as name,
  cast(operator as varchar) as legal_representative,
  cast(null as varchar) as industry,
  cast(null as decimal(18,2)) as registered_capital,
  cast(null as date) as established_on,
  cast(null as varchar) as status,
  cast(null as varchar) as credit_rating,
  cast(address as varchar) as address,
  cast(null as varchar) as district,
  cast(phone as varchar) as phone,
  _batch,
  _delivery
from {{ ref('stg_market_regulation__food_premises') }}
where (credit_code is null or not coalesce({{ zhongtai.identifies_credit_code('credit_code') }}, false))
