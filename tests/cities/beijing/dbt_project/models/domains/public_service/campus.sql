-- Written by `zhongtai sync`: change contracts/domains/public_service.yml, not this file.
select
  registry.city_id,
  registry.known as school_code,
  matched.name,
  matched.name_source as name_source,
  matched.district,
  matched.district_source as district_source,
  matched.address,
  matched.address_source as address_source,
  matched.level,
  matched.level_source as level_source,
  matched.phone,
  matched.phone_source as phone_source,
  matched.longitude,
  matched.longitude_source as longitude_source,
  matched.latitude,
  matched.latitude_source as latitude_source,
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
