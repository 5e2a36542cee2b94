-- Written by `zhongtai sync`: change contracts/domains/, not this file.
select
  'tax_lot' as entity,
  identifier,
  city_id,
  method
from {{ ref('tax_lot__registered') }}
union all
select
  'building' as entity,
  identifier,
  city_id,
  method
from {{ ref('building__registered') }}
union all
select
  'health_area' as entity,
  identifier,
  city_id,
  method
from {{ ref('health_area__registered') }}
union all
select
  'legal_entity' as entity,
  identifier,
  city_id,
  method
from {{ ref('legal_entity__registered') }}
union all
select
  'premises' as entity,
  identifier,
  city_id,
  method
from {{ ref('premises__registered') }}
union all
select
  'service_request' as entity,
  identifier,
  city_id,
  method
from {{ ref('service_request__registered') }}
union all
select
  'collision' as entity,
  identifier,
  city_id,
  method
from {{ ref('collision__registered') }}
union all
select
  'bus_shelter' as entity,
  identifier,
  city_id,
  method
from {{ ref('bus_shelter__registered') }}
