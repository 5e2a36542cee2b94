-- Written by `zhongtai sync`: change contracts/domains/legal_entity.yml, not this file.
with identified as (
  select distinct cast(credit_code as varchar) as identifier
  from {{ ref('legal_entity__provided') }}
)

select
  identified.identifier,
  coalesce(
    decisions.city_id, 'LE-' || {{ zhongtai.city_id('identified.identifier') }}
  ) as city_id,
  case when decisions.city_id is null then 'identifier' else 'decision' end as method
from identified
left join {{ ref('identity_decisions') }} as decisions
  on decisions.entity = 'legal_entity' and decisions.identifier = identified.identifier
