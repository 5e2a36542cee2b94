-- Written by `zhongtai sync`: change contracts/domains/public_service.yml, not this file.
select
  registry.city_id,
  registry.known as hospital_id,
  coalesce(p1.name, matched.name) as name,
  case
    when p1.name is not null then p1._department
    when matched.name is not null then matched.name_source
  end as name_source,
  coalesce(p1.district, matched.district) as district,
  case
    when p1.district is not null then p1._department
    when matched.district is not null then matched.district_source
  end as district_source,
  coalesce(p1.address, matched.address) as address,
  case
    when p1.address is not null then p1._department
    when matched.address is not null then matched.address_source
  end as address_source,
  coalesce(p1.phone, matched.phone) as phone,
  case
    when p1.phone is not null then p1._department
    when matched.phone is not null then matched.phone_source
  end as phone_source,
  coalesce(p1.longitude, matched.longitude) as longitude,
  case
    when p1.longitude is not null then p1._department
    when matched.longitude is not null then matched.longitude_source
  end as longitude_source,
  coalesce(p1.latitude, matched.latitude) as latitude,
  case
    when p1.latitude is not null then p1._department
    when matched.latitude is not null then matched.latitude_source
  end as latitude_source,
  coalesce(p1.grade, matched.grade) as grade,
  case
    when p1.grade is not null then p1._department
    when matched.grade is not null then matched.grade_source
  end as grade_source,
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
from {{ ref('hospital__registered') }} as registry
left join {{ ref('hospital__provided') }} as p1
  on p1._provider = 1 and cast(p1.hospital_id as varchar) = registry.identifier
left join {{ ref('hospital__matched') }} as matched
  on matched._entity = registry.identifier
where not registry.merged
