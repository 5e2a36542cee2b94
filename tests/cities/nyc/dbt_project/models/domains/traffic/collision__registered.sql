-- Written by `zhongtai sync`: change contracts/domains/traffic.yml, not this file.
with identified as (
  select distinct cast(collision_id as varchar) as identifier
  from {{ ref('collision__provided') }}
)

select
  identified.identifier,
  coalesce(
    decisions.city_id, 'CL-' || {{ zhongtai.city_id('identified.identifier') }}
  ) as city_id,
  case when decisions.city_id is null then 'identifier' else 'decision' end as method
from identified
left join {{ ref('identity_decisions') }} as decisions
  on decisions.entity = 'collision' and decisions.identifier = identified.identifier
