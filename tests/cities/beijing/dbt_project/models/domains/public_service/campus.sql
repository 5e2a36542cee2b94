-- Written by `zhongtai sync`: change contracts/domains/public_service.yml, not this file.
select
  registry.city_id,
  registry.known as school_code,
  matched.name,
  case
    when matched.name is not null then matched.name_source
  end as name_source,
  matched.district,
  case
    when matched.district is not null then matched.district_source
  end as district_source,
  matched.address,
  case
    when matched.address is not null then matched.address_source
  end as address_source,
  matched.level,
  case
    when matched.level is not null then matched.level_source
  end as level_source,
  matched.phone,
  case
    when matched.phone is not null then matched.phone_source
  end as phone_source,
  matched.longitude,
  case
    when matched.longitude is not null then matched.longitude_source
  end as longitude_source,
  matched.latitude,
  case
    when matched.latitude is not null then matched.latitude_source
  end as latitude_source,
  cast(
    case when registry.known is null then coalesce(matched._departments, 0) else 0 end
    as integer
  ) as provider_count,
  coalesce(matched._rows, 0) as matched_rows,
  registry.probability as match_probability,
  cast(
    0
    as integer
  ) as conflict_count,
  matched._batch
from {{ ref('campus__registered') }} as registry

left join {{ ref('campus__matched') }} as matched
  on matched._entity = registry.identifier
where not registry.merged
