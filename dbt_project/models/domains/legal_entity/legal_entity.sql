-- Written by `zhongtai sync`: change contracts/domains/legal_entity.yml, not this file.
select
  registry.city_id,
  registry.identifier as credit_code,
  coalesce(p3.name, p4.name, p5.name, p1.name, p2.name) as name,
  case
    when p3.name is not null then p3._department
    when p4.name is not null then p4._department
    when p5.name is not null then p5._department
    when p1.name is not null then p1._department
    when p2.name is not null then p2._department
  end as name_source,
  p3.legal_representative,
  case
    when p3.legal_representative is not null then p3._department
  end as legal_representative_source,
  p3.industry,
  case
    when p3.industry is not null then p3._department
  end as industry_source,
  p3.registered_capital,
  case
    when p3.registered_capital is not null then p3._department
  end as registered_capital_source,
  p3.established_on,
  case
    when p3.established_on is not null then p3._department
  end as established_on_source,
  p3.status,
  case
    when p3.status is not null then p3._department
  end as status_source,
  p5.credit_rating,
  case
    when p5.credit_rating is not null then p5._department
  end as credit_rating_source,
  coalesce(p3.address, p2.address) as address,
  case
    when p3.address is not null then p3._department
    when p2.address is not null then p2._department
  end as address_source,
  coalesce(p3.district, p2.district) as district,
  case
    when p3.district is not null then p3._department
    when p2.district is not null then p2._department
  end as district_source,
  coalesce(p3.phone, p5.phone, p2.phone) as phone,
  case
    when p3.phone is not null then p3._department
    when p5.phone is not null then p5._department
    when p2.phone is not null then p2._department
  end as phone_source,
  cast(
    case when p1._provider is not null then 1 else 0 end
    + case when p2._provider is not null then 1 else 0 end
    + case when p3._provider is not null or p4._provider is not null then 1 else 0 end
    + case when p5._provider is not null then 1 else 0 end
    as integer
  ) as provider_count,
  coalesce(p1._batch, p2._batch, p3._batch, p4._batch, p5._batch) as _batch
from {{ ref('legal_entity__registered') }} as registry
left join {{ ref('legal_entity__provided') }} as p1
  on p1._provider = 1 and cast(p1.credit_code as varchar) = registry.identifier
left join {{ ref('legal_entity__provided') }} as p2
  on p2._provider = 2 and cast(p2.credit_code as varchar) = registry.identifier
left join {{ ref('legal_entity__provided') }} as p3
  on p3._provider = 3 and cast(p3.credit_code as varchar) = registry.identifier
left join {{ ref('legal_entity__provided') }} as p4
  on p4._provider = 4 and cast(p4.credit_code as varchar) = registry.identifier
left join {{ ref('legal_entity__provided') }} as p5
  on p5._provider = 5 and cast(p5.credit_code as varchar) = registry.identifier
