-- Written by `zhongtai sync`: change contracts/domains/natural_person.yml, not this file.
with identified as (
  select distinct cast(resident_id as varchar) as identifier
  from {{ ref('natural_person__provided') }}
)

select
  identified.identifier,
  coalesce(
    decisions.city_id, 'NP-' || {{ zhongtai.city_id('identified.identifier') }}
  ) as city_id,
  case when decisions.city_id is null then 'identifier' else 'decision' end as method
from identified
left join {{ ref('identity_decisions') }} as decisions
  on decisions.entity = 'natural_person' and decisions.identifier = identified.identifier
