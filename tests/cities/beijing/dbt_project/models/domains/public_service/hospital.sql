-- Written by `zhongtai sync`: change contracts/domains/public_service.yml, not this file.
select
  registry.city_id,
  registry.identifier as hospital_id,
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
  p1.phone,
  case
    when p1.phone is not null then p1._department
  end as phone_source,
  p1.longitude,
  case
    when p1.longitude is not null then p1._department
  end as longitude_source,
  p1.latitude,
  case
    when p1.latitude is not null then p1._department
  end as latitude_source,
  p1.grade,
  case
    when p1.grade is not null then p1._department
  end as grade_source,
  cast(
    case when p1._provider is not null then 1 else 0 end
    as integer
  ) as provider_count,
  p1._batch
from {{ ref('hospital__registered') }} as registry
left join {{ ref('hospital__provided') }} as p1
  on p1._provider = 1 and cast(p1.hospital_id as varchar) = registry.identifier
