-- Written by `zhongtai sync`: change contracts/domains/tourism.yml, not this file.
select
  registry.city_id,
  registry.known as spot_number,
  coalesce(p1.name, matched.name) as name,
  case
    when p1.name is not null then p1._department
    when matched.name is not null then matched.name_source
  end as name_source,
  coalesce(p1.name_en, matched.name_en) as name_en,
  case
    when p1.name_en is not null then p1._department
    when matched.name_en is not null then matched.name_en_source
  end as name_en_source,
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
  coalesce(p1.rating, matched.rating) as rating,
  case
    when p1.rating is not null then p1._department
    when matched.rating is not null then matched.rating_source
  end as rating_source,
  coalesce(p1.reviews, matched.reviews) as reviews,
  case
    when p1.reviews is not null then p1._department
    when matched.reviews is not null then matched.reviews_source
  end as reviews_source,
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
from {{ ref('scenic_spot__registered') }} as registry
left join {{ ref('scenic_spot__provided') }} as p1
  on p1._provider = 1 and cast(p1.spot_number as varchar) = registry.identifier
left join {{ ref('scenic_spot__matched') }} as matched
  on matched._entity = registry.identifier
where not registry.merged
