-- Written by `zhongtai sync`: change contracts/domains/traffic.yml, not this file.
select
  registry.city_id,
  registry.identifier as shelter_id,
  p1.street,
  case
    when p1.street is not null then p1._department
  end as street_source,
  p1.cross_street,
  case
    when p1.cross_street is not null then p1._department
  end as cross_street_source,
  p1.zip,
  case
    when p1.zip is not null then p1._department
  end as zip_source,
  p1.latitude,
  case
    when p1.latitude is not null then p1._department
  end as latitude_source,
  p1.longitude,
  case
    when p1.longitude is not null then p1._department
  end as longitude_source,
  cast(
    case when p1._provider is not null then 1 else 0 end
    as integer
  ) as provider_count,
  p1._batch
from {{ ref('bus_shelter__registered') }} as registry
left join {{ ref('bus_shelter__provided') }} as p1
  on p1._provider = 1 and cast(p1.shelter_id as varchar) = registry.identifier
