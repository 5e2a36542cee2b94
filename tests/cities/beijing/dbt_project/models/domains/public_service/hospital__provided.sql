-- Written by `zhongtai sync`: change contracts/domains/public_service.yml or a contract that provides it, not this file.
select
  1 as _provider,
  'health' as _department,
  hospital_id,
  cast(name as varchar) as name,
  cast(district as varchar) as district,
  cast(address as varchar) as address,
  cast(phone as varchar) as phone,
  cast(longitude as double) as longitude,
  cast(latitude as double) as latitude,
  cast(grade as varchar) as grade,
  _batch
from {{ ref('stg_health__hospitals') }}
where hospital_id is not null
