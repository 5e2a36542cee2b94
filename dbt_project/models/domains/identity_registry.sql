-- Written by `zhongtai sync`: change contracts/domains/, not this file.
with identified as (
  select distinct
    'building' as entity,
    'BD' as id_prefix,
    cast(building_id as varchar) as identifier
  from {{ ref('building__provided') }}
  union all
  select distinct
    'legal_entity' as entity,
    'LE' as id_prefix,
    cast(credit_code as varchar) as identifier
  from {{ ref('legal_entity__provided') }}
  union all
  select distinct
    'natural_person' as entity,
    'NP' as id_prefix,
    cast(resident_id as varchar) as identifier
  from {{ ref('natural_person__provided') }}
)

select
  identified.entity,
  identified.identifier,
  coalesce(
    decisions.city_id, identified.id_prefix || '-' || {{ zhongtai.city_id('identified.identifier') }}
  ) as city_id,
  case when decisions.city_id is null then 'identifier' else 'decision' end as method
from identified
left join {{ ref('identity_decisions') }} as decisions
  on decisions.entity = identified.entity and decisions.identifier = identified.identifier
