-- Written by `zhongtai sync`: change contracts/domains/city_asset.yml, not this file.
with identified as (
  select distinct cast(bbl as varchar) as identifier
  from {{ ref('tax_lot__provided') }}
)

select
  identified.identifier,
  coalesce(
    decisions.city_id, 'TL-' || {{ zhongtai.city_id('identified.identifier') }}
  ) as city_id,
  case when decisions.city_id is null then 'identifier' else 'decision' end as method
from identified
left join {{ ref('identity_decisions') }} as decisions
  on decisions.entity = 'tax_lot' and decisions.identifier = identified.identifier
