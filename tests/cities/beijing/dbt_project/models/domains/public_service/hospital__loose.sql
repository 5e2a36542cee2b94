-- Written by `zhongtai sync`: change contracts/domains/public_service.yml or a contract that provides it, not this file.
select
  1 as _provider,
  'health' as _department,
  'health.hospital_sites' as _dataset,
  true as _once,
  {{ zhongtai.row_key('health.hospital_sites', ['site_number']) }} as _key,
  cast(null as varchar) as hospital_id,
  cast(name as varchar) as name,
  cast(district as varchar) as district,
  cast(address as varchar) as address,
  cast(phone as varchar) as phone,
  cast(longitude as double) as longitude,
  cast(latitude as double) as latitude,
  cast(grade as varchar) as grade,
  _batch,
  _delivery
from {{ ref('stg_health__hospital_sites') }}
