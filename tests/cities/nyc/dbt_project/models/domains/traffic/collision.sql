-- Written by `zhongtai sync`: change contracts/domains/traffic.yml, not this file.
select
  registry.city_id,
  registry.identifier as collision_id,
  p1.crashed_on,
  case
    when p1.crashed_on is not null then p1._department
  end as crashed_on_source,
  p1.borough,
  case
    when p1.borough is not null then p1._department
  end as borough_source,
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
  p1.persons_injured,
  case
    when p1.persons_injured is not null then p1._department
  end as persons_injured_source,
  p1.persons_killed,
  case
    when p1.persons_killed is not null then p1._department
  end as persons_killed_source,
  p1.factor,
  case
    when p1.factor is not null then p1._department
  end as factor_source,
  cast(
    case when p1._provider is not null then 1 else 0 end
    as integer
  ) as provider_count,
  p1._batch
from {{ ref('collision__registered') }} as registry
left join {{ ref('collision__provided') }} as p1
  on p1._provider = 1 and cast(p1.collision_id as varchar) = registry.identifier
