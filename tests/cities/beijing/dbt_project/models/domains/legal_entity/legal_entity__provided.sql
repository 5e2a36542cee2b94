-- Written by `zhongtai sync`: change contracts/domains/legal_entity.yml or a contract that provides it, not this file.
select
  1 as _provider,
  'market_regulation' as _department,
  credit_code,
  cast(name as varchar) as name,
  cast(district as varchar) as district,
  cast(address as varchar) as address,
  cast(registered_on as date) as registered_on,
  _batch
from {{ ref('stg_market_regulation__enterprises') }}
where credit_code is not null
