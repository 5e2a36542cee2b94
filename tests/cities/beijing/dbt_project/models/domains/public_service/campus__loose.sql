-- Written by `zhongtai sync`: change contracts/domains/public_service.yml or a contract that provides it, not this file.
select distinct
  1 as _provider,
  'education' as _department,
  'education.schools' as _dataset,
  false as _once,
  {{ zhongtai.row_key('education.schools', ['name', 'pinyin', 'level', 'district', 'address', 'phone', 'longitude', 'latitude']) }} as _key,
  cast(null as varchar) as school_code,
  cast(name as varchar) as name,
  cast(district as varchar) as district,
  cast(address as varchar) as address,
  cast(level as varchar) as level,
  cast(phone as varchar) as phone,
  cast(longitude as double) as longitude,
  cast(latitude as double) as latitude,
  _batch,
  _delivery
from {{ ref('stg_education__schools') }}
