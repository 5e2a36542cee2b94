-- Written by `zhongtai sync`: change contracts/domains/, not this file.
select
  'legal_entity' as entity,
  identifier,
  city_id,
  method
from {{ ref('legal_entity__registered') }}
union all
select
  'hospital' as entity,
  identifier,
  city_id,
  method
from {{ ref('hospital__registered') }}
union all
select
  'campus' as entity,
  identifier,
  city_id,
  method
from {{ ref('campus__registered') }}
union all
select
  'scenic_spot' as entity,
  identifier,
  city_id,
  method
from {{ ref('scenic_spot__registered') }}
