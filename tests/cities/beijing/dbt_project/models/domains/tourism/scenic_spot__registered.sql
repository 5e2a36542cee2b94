-- Written by `zhongtai sync`: change contracts/domains/tourism.yml, not this file.
with identified as (
  select distinct cast(spot_number as varchar) as identifier
  from {{ ref('scenic_spot__provided') }}
)

select
  identified.identifier,
  coalesce(
    decisions.city_id, 'SP-' || {{ zhongtai.city_id('identified.identifier') }}
  ) as city_id,
  case when decisions.city_id is null then 'identifier' else 'decision' end as method
from identified
left join {{ ref('identity_decisions') }} as decisions
  on decisions.entity = 'scenic_spot' and decisions.identifier = identified.identifier
