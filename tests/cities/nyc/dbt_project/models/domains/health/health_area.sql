-- Written by `zhongtai sync`: change contracts/domains/health.yml, not this file.
select
  registry.city_id,
  registry.identifier as modzcta,
  coalesce(p1.neighborhood, p2.neighborhood) as neighborhood,
  case
    when p1.neighborhood is not null then p1._department
    when p2.neighborhood is not null then p2._department
  end as neighborhood_source,
  p1.borough,
  case
    when p1.borough is not null then p1._department
  end as borough_source,
  p1.population,
  case
    when p1.population is not null then p1._department
  end as population_source,
  p2.hospitalisations,
  case
    when p2.hospitalisations is not null then p2._department
  end as hospitalisations_source,
  p1.latitude,
  case
    when p1.latitude is not null then p1._department
  end as latitude_source,
  p1.longitude,
  case
    when p1.longitude is not null then p1._department
  end as longitude_source,
  cast(
    case when p1._provider is not null or p2._provider is not null then 1 else 0 end
    as integer
  ) as provider_count,
  coalesce(p1._batch, p2._batch) as _batch
from {{ ref('health_area__registered') }} as registry
left join {{ ref('health_area__provided') }} as p1
  on p1._provider = 1 and cast(p1.modzcta as varchar) = registry.identifier
left join {{ ref('health_area__provided') }} as p2
  on p2._provider = 2 and cast(p2.modzcta as varchar) = registry.identifier
