-- Written by `zhongtai sync`: change contracts/domains/city_asset.yml, not this file.
select
  registry.city_id,
  registry.identifier as building_id,
  p1.address,
  case
    when p1.address is not null then p1._department
  end as address_source,
  p1.district,
  case
    when p1.district is not null then p1._department
  end as district_source,
  p1.floors,
  case
    when p1.floors is not null then p1._department
  end as floors_source,
  p1.built_year,
  case
    when p1.built_year is not null then p1._department
  end as built_year_source,
  p1.longitude,
  case
    when p1.longitude is not null then p1._department
  end as longitude_source,
  p1.latitude,
  case
    when p1.latitude is not null then p1._department
  end as latitude_source,
  cast(
    case when p1._provider is not null then 1 else 0 end
    as integer
  ) as provider_count,
  p1._batch
from {{ ref('building__registered') }} as registry
left join {{ ref('building__provided') }} as p1
  on p1._provider = 1 and cast(p1.building_id as varchar) = registry.identifier
