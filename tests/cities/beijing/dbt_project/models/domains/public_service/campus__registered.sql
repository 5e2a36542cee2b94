-- Written by `zhongtai sync`: change contracts/domains/public_service.yml, not this file.
with identified as (
  select distinct cast(school_code as varchar) as identifier
  from {{ ref('campus__provided') }}
)

select
  identified.identifier,
  identified.identifier as known,
  coalesce(
    ids.city_id, 'SC-' || {{ zhongtai.city_id('identified.identifier') }}
  ) as city_id,
  coalesce(ids.method, 'identifier') as method,
  coalesce(ids.probability, 1.0) as probability,
  coalesce(ids.merged, false) as merged
from identified
left join {{ source('registry', 'campus__ids') }} as ids
  on not ids.loose and ids.entity_key = identified.identifier
union all
select
  ids.entity_key as identifier,
  cast(null as varchar) as known,
  ids.city_id,
  ids.method,
  ids.probability,
  false as merged
from {{ source('registry', 'campus__ids') }} as ids
where ids.loose
