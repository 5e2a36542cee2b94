-- Written by `zhongtai sync`: change contracts/domains/legal_entity.yml, not this file.
select
  registry.city_id,
  registry.identifier as establishment_id,
  coalesce(p2.legal_name, p3.legal_name, p4.legal_name) as legal_name,
  case
    when p2.legal_name is not null then p2._department
    when p3.legal_name is not null then p3._department
    when p4.legal_name is not null then p4._department
  end as legal_name_source,
  coalesce(p1.trade_name, p2.trade_name, p3.trade_name, p4.trade_name) as trade_name,
  case
    when p1.trade_name is not null then p1._department
    when p2.trade_name is not null then p2._department
    when p3.trade_name is not null then p3._department
    when p4.trade_name is not null then p4._department
  end as trade_name_source,
  coalesce(p1.street, p2.street, p3.street, p4.street) as street,
  case
    when p1.street is not null then p1._department
    when p2.street is not null then p2._department
    when p3.street is not null then p3._department
    when p4.street is not null then p4._department
  end as street_source,
  coalesce(p1.zip, p2.zip, p3.zip, p4.zip) as zip,
  case
    when p1.zip is not null then p1._department
    when p2.zip is not null then p2._department
    when p3.zip is not null then p3._department
    when p4.zip is not null then p4._department
  end as zip_source,
  p1.phone,
  case
    when p1.phone is not null then p1._department
  end as phone_source,
  coalesce(p2.latitude, p3.latitude, p4.latitude) as latitude,
  case
    when p2.latitude is not null then p2._department
    when p3.latitude is not null then p3._department
    when p4.latitude is not null then p4._department
  end as latitude_source,
  coalesce(p2.longitude, p3.longitude, p4.longitude) as longitude,
  case
    when p2.longitude is not null then p2._department
    when p3.longitude is not null then p3._department
    when p4.longitude is not null then p4._department
  end as longitude_source,
  cast(
    case when p1._provider is not null then 1 else 0 end
    + case when p2._provider is not null or p3._provider is not null or p4._provider is not null then 1 else 0 end
    as integer
  ) as provider_count,
  coalesce(p1._batch, p2._batch, p3._batch, p4._batch) as _batch
from {{ ref('legal_entity__registered') }} as registry
left join {{ ref('legal_entity__provided') }} as p1
  on p1._provider = 1 and cast(p1.establishment_id as varchar) = registry.identifier
left join {{ ref('legal_entity__provided') }} as p2
  on p2._provider = 2 and cast(p2.establishment_id as varchar) = registry.identifier
left join {{ ref('legal_entity__provided') }} as p3
  on p3._provider = 3 and cast(p3.establishment_id as varchar) = registry.identifier
left join {{ ref('legal_entity__provided') }} as p4
  on p4._provider = 4 and cast(p4.establishment_id as varchar) = registry.identifier
