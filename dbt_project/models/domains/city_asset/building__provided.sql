-- Written by `zhongtai sync`: change contracts/domains/city_asset.yml or a contract that provides it, not this file.
select
  1 as _provider,
  'housing' as _department,
  building_id,
  cast(address as varchar) as address,
  cast(district as varchar) as district,
  cast(floors as bigint) as floors,
  cast(built_year as bigint) as built_year,
  cast(longitude as double) as longitude,
  cast(latitude as double) as latitude,
  _batch
from {{ ref('stg_housing__buildings') }}
where building_id is not null
