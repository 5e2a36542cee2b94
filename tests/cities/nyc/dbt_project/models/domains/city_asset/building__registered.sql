-- Written by `zhongtai sync`: change contracts/domains/city_asset.yml, not this file.
with identified as (
  select distinct cast(bin as varchar) as identifier
  from {{ ref('building__provided') }}
)

select
  identified.identifier,
  coalesce(
    decisions.city_id, 'BD-' || {{ zhongtai.city_id('identified.identifier') }}
  ) as city_id,
  case when decisions.city_id is null then 'identifier' else 'decision' end as method
from identified
left join {{ ref('identity_decisions') }} as decisions
  on decisions.entity = 'building' and decisions.identifier = identified.identifier
