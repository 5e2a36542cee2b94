-- Written by `zhongtai sync`: change contracts/domains/health.yml, not this file.
with identified as (
  select distinct cast(modzcta as varchar) as identifier
  from {{ ref('health_area__provided') }}
)

select
  identified.identifier,
  coalesce(
    decisions.city_id, 'HA-' || {{ zhongtai.city_id('identified.identifier') }}
  ) as city_id,
  case when decisions.city_id is null then 'identifier' else 'decision' end as method
from identified
left join {{ ref('identity_decisions') }} as decisions
  on decisions.entity = 'health_area' and decisions.identifier = identified.identifier
