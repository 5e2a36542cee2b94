-- Written by `zhongtai sync`: change contracts/domains/public_service.yml, not this file.
with identified as (
  select distinct cast(service_request_id as varchar) as identifier
  from {{ ref('service_request__provided') }}
)

select
  identified.identifier,
  coalesce(
    decisions.city_id, 'SR-' || {{ zhongtai.city_id('identified.identifier') }}
  ) as city_id,
  case when decisions.city_id is null then 'identifier' else 'decision' end as method
from identified
left join {{ ref('identity_decisions') }} as decisions
  on decisions.entity = 'service_request' and decisions.identifier = identified.identifier
