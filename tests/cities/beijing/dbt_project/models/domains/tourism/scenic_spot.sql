-- Written by `zhongtai sync`: change contracts/domains/tourism.yml, not this file.
select
  registry.city_id,
  registry.identifier as spot_number,
  p1.name,
  case
    when p1.name is not null then p1._department
  end as name_source,
  p1.name_en,
  case
    when p1.name_en is not null then p1._department
  end as name_en_source,
  p1.longitude,
  case
    when p1.longitude is not null then p1._department
  end as longitude_source,
  p1.latitude,
  case
    when p1.latitude is not null then p1._department
  end as latitude_source,
  p1.rating,
  case
    when p1.rating is not null then p1._department
  end as rating_source,
  p1.reviews,
  case
    when p1.reviews is not null then p1._department
  end as reviews_source,
  cast(
    case when p1._provider is not null then 1 else 0 end
    as integer
  ) as provider_count,
  p1._batch
from {{ ref('scenic_spot__registered') }} as registry
left join {{ ref('scenic_spot__provided') }} as p1
  on p1._provider = 1 and cast(p1.spot_number as varchar) = registry.identifier
