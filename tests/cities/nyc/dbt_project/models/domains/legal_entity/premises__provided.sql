-- Written by `zhongtai sync`: change contracts/domains/legal_entity.yml or a contract that provides it, not this file.
select
  1 as _provider,
  'dohmh' as _department,
  establishment_id,
  cast(name as varchar) as trade_name,
  cast(null as varchar) as legal_name,
  cast(nullif(trim(coalesce(building, '') || ' ' || coalesce(street, '')), '') as varchar) as address,
  cast(zip as varchar) as zip,
  cast(phone as varchar) as phone,
  cast(null as double) as latitude,
  cast(null as double) as longitude,
  _batch
from {{ ref('stg_dohmh__restaurant_inspections') }}
where establishment_id is not null
