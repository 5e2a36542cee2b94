-- Written by `zhongtai sync`: change contracts/domains/legal_entity.yml, not this file.
select
  registry.city_id,
  registry.known as credit_code,
  coalesce(p3.name, p4.name, p5.name, p6.name, p1.name, p2.name, matched.name) as name,
  case
    when p3.name is not null then p3._department
    when p4.name is not null then p4._department
    when p5.name is not null then p5._department
    when p6.name is not null then p6._department
    when p1.name is not null then p1._department
    when p2.name is not null then p2._department
    when matched.name is not null then matched.name_source
  end as name_source,
  coalesce(p3.legal_representative, p4.legal_representative, matched.legal_representative) as legal_representative,
  case
    when p3.legal_representative is not null then p3._department
    when p4.legal_representative is not null then p4._department
    when matched.legal_representative is not null then matched.legal_representative_source
  end as legal_representative_source,
  coalesce(p3.industry, matched.industry) as industry,
  case
    when p3.industry is not null then p3._department
    when matched.industry is not null then matched.industry_source
  end as industry_source,
  coalesce(p3.registered_capital, matched.registered_capital) as registered_capital,
  case
    when p3.registered_capital is not null then p3._department
    when matched.registered_capital is not null then matched.registered_capital_source
  end as registered_capital_source,
  coalesce(p3.established_on, matched.established_on) as established_on,
  case
    when p3.established_on is not null then p3._department
    when matched.established_on is not null then matched.established_on_source
  end as established_on_source,
  coalesce(p3.status, matched.status) as status,
  case
    when p3.status is not null then p3._department
    when matched.status is not null then matched.status_source
  end as status_source,
  coalesce(p6.credit_rating, matched.credit_rating) as credit_rating,
  case
    when p6.credit_rating is not null then p6._department
    when matched.credit_rating is not null then matched.credit_rating_source
  end as credit_rating_source,
  coalesce(p3.address, p4.address, p2.address, matched.address) as address,
  case
    when p3.address is not null then p3._department
    when p4.address is not null then p4._department
    when p2.address is not null then p2._department
    when matched.address is not null then matched.address_source
  end as address_source,
  coalesce(p3.district, p2.district, matched.district) as district,
  case
    when p3.district is not null then p3._department
    when p2.district is not null then p2._department
    when matched.district is not null then matched.district_source
  end as district_source,
  coalesce(p3.phone, p4.phone, p6.phone, p2.phone, matched.phone) as phone,
  case
    when p3.phone is not null then p3._department
    when p4.phone is not null then p4._department
    when p6.phone is not null then p6._department
    when p2.phone is not null then p2._department
    when matched.phone is not null then matched.phone_source
  end as phone_source,
  cast(
    case when registry.known is null then coalesce(matched._departments, 0) else 0 end
    + case when p1._provider is not null then 1 else 0 end
    + case when p2._provider is not null then 1 else 0 end
    + case when p3._provider is not null or p4._provider is not null or p5._provider is not null then 1 else 0 end
    + case when p6._provider is not null then 1 else 0 end
    as integer
  ) as provider_count,
  coalesce(matched._rows, 0) as matched_rows,
  registry.probability as match_probability,
  cast(
    case when p3.legal_representative <> coalesce(p3.legal_representative, p4.legal_representative, matched.legal_representative) or p4.legal_representative <> coalesce(p3.legal_representative, p4.legal_representative, matched.legal_representative) or matched.legal_representative <> coalesce(p3.legal_representative, p4.legal_representative, matched.legal_representative) then 1 else 0 end
    + case when p3.status <> coalesce(p3.status, matched.status) or matched.status <> coalesce(p3.status, matched.status) then 1 else 0 end
    + case when p3.address <> coalesce(p3.address, p4.address, p2.address, matched.address) or p4.address <> coalesce(p3.address, p4.address, p2.address, matched.address) or p2.address <> coalesce(p3.address, p4.address, p2.address, matched.address) or matched.address <> coalesce(p3.address, p4.address, p2.address, matched.address) then 1 else 0 end
    as integer
  ) as conflict_count,
  coalesce(p1._batch, p2._batch, p3._batch, p4._batch, p5._batch, p6._batch, matched._batch) as _batch
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
left join {{ ref('legal_entity__provided') }} as p6
  on p6._provider = 6 and cast(p6.credit_code as varchar) = registry.identifier
left join {{ ref('legal_entity__matched') }} as matched
  on matched._entity = registry.identifier
where not registry.merged
