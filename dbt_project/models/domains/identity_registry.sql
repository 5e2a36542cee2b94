-- Written by `zhongtai sync`: change contracts/domains/, not this file.
select
  'building' as entity,
  identifier,
  city_id,
  method
from {{ ref('building__registered') }}
union all
select
  'legal_entity' as entity,
  identifier,
  city_id,
  method
from {{ ref('legal_entity__registered') }}
union all
select
  'natural_person' as entity,
  identifier,
  city_id,
  method
from {{ ref('natural_person__registered') }}
