-- Written by `zhongtai sync`: change contracts/domains/legal_entity.yml, not this file.
select
  registry.city_id,
  registry.identifier as credit_code,
  p1.name,
  case
    when p1.name is not null then p1._department
  end as name_source,
  p1.district,
  case
    when p1.district is not null then p1._department
  end as district_source,
  p1.address,
  case
    when p1.address is not null then p1._department
  end as address_source,
  p1.registered_on,
  case
    when p1.registered_on is not null then p1._department
  end as registered_on_source,
  cast(
    case when p1._provider is not null then 1 else 0 end
    as integer
  ) as provider_count,
  p1._batch
from {{ ref('legal_entity__registered') }} as registry
left join {{ ref('legal_entity__provided') }} as p1
  on p1._provider = 1 and cast(p1.credit_code as varchar) = registry.identifier
