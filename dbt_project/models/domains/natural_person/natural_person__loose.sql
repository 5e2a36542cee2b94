-- Written by `zhongtai sync`: change contracts/domains/natural_person.yml or a contract that provides it, not this file.
select
  1 as _provider,
  'civil_affairs' as _department,
  'civil_affairs.grid_residents' as _dataset,
  true as _once,
  {{ zhongtai.row_key('civil_affairs.grid_residents', ['grid_number']) }} as _key,
  cast(null as varchar) as resident_id,
  cast(name as varchar) as name,
  cast(sex as varchar) as sex,
  cast(birth_date as date) as birth_date,
  cast(null as varchar) as ethnic_group,
  cast(null as varchar) as marital_status,
  cast(null as date) as death_date,
  cast(null as varchar) as social_security_status,
  cast(phone as varchar) as phone,
  cast(address as varchar) as address,
  cast(district as varchar) as district,
  _batch,
  _delivery
from {{ ref('stg_civil_affairs__grid_residents') }}
union all
select
  2 as _provider,
  'health' as _department,
  'health.walk_ins' as _dataset,
  false as _once,
  {{ zhongtai.row_key('health.walk_ins', ['registration_number']) }} as _key,
  cast(document_number as varchar) as resident_id,
  cast(name as varchar) as name,
  cast(sex as varchar) as sex,
  cast(birth_date as date) as birth_date,
  cast(null as varchar) as ethnic_group,
  cast(null as varchar) as marital_status,
  cast(null as date) as death_date,
  cast(null as varchar) as social_security_status,
  cast(phone as varchar) as phone,
  cast(address as varchar) as address,
  cast(null as varchar) as district,
  _batch,
  _delivery
from {{ ref('stg_health__walk_ins') }}
where (document_number is null or not coalesce({{ zhongtai.identifies_resident_id('document_number') }}, false))
