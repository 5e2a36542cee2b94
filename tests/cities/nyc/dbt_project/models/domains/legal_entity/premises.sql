-- Written by `zhongtai sync`: change contracts/domains/legal_entity.yml, not this file.
select
  registry.city_id,
  registry.known as establishment_id,
  coalesce(p1.trade_name, matched.trade_name) as trade_name,
  case
    when p1.trade_name is not null then p1._department
    when matched.trade_name is not null then matched.trade_name_source
  end as trade_name_source,
  matched.legal_name,
  case
    when matched.legal_name is not null then matched.legal_name_source
  end as legal_name_source,
  coalesce(p1.address, matched.address) as address,
  case
    when p1.address is not null then p1._department
    when matched.address is not null then matched.address_source
  end as address_source,
  coalesce(p1.zip, matched.zip) as zip,
  case
    when p1.zip is not null then p1._department
    when matched.zip is not null then matched.zip_source
  end as zip_source,
  coalesce(p1.phone, matched.phone) as phone,
  case
    when p1.phone is not null then p1._department
    when matched.phone is not null then matched.phone_source
  end as phone_source,
  matched.latitude,
  case
    when matched.latitude is not null then matched.latitude_source
  end as latitude_source,
  matched.longitude,
  case
    when matched.longitude is not null then matched.longitude_source
  end as longitude_source,
  cast(
    case when registry.known is null then coalesce(matched._departments, 0) else 0 end
    + case when p1._provider is not null then 1 else 0 end
    as integer
  ) as provider_count,
  coalesce(matched._rows, 0) as matched_rows,
  registry.probability as match_probability,
  cast(
    0
    as integer
  ) as conflict_count,
  coalesce(p1._batch, matched._batch) as _batch
from {{ ref('premises__registered') }} as registry
left join {{ ref('premises__provided') }} as p1
  on p1._provider = 1 and cast(p1.establishment_id as varchar) = registry.identifier
left join {{ ref('premises__matched') }} as matched
  on matched._entity = registry.identifier
where not registry.merged
