-- Written by `zhongtai sync`: change contracts/domains/traffic.yml, not this file.
with resolved as (
  select
    collision_id,
    min_by(crashed_on, _provider) filter (where crashed_on is not null) as crashed_on,
    min_by(_department, _provider) filter (where crashed_on is not null) as crashed_on_source,
    min_by(borough, _provider) filter (where borough is not null) as borough,
    min_by(_department, _provider) filter (where borough is not null) as borough_source,
    min_by(zip, _provider) filter (where zip is not null) as zip,
    min_by(_department, _provider) filter (where zip is not null) as zip_source,
    min_by(latitude, _provider) filter (where latitude is not null) as latitude,
    min_by(_department, _provider) filter (where latitude is not null) as latitude_source,
    min_by(longitude, _provider) filter (where longitude is not null) as longitude,
    min_by(_department, _provider) filter (where longitude is not null) as longitude_source,
    min_by(persons_injured, _provider) filter (where persons_injured is not null) as persons_injured,
    min_by(_department, _provider) filter (where persons_injured is not null) as persons_injured_source,
    min_by(persons_killed, _provider) filter (where persons_killed is not null) as persons_killed,
    min_by(_department, _provider) filter (where persons_killed is not null) as persons_killed_source,
    min_by(factor, _provider) filter (where factor is not null) as factor,
    min_by(_department, _provider) filter (where factor is not null) as factor_source,
    min_by(_batch, _provider) as _batch,
    count(distinct _department) as provider_count
  from {{ ref('collision__provided') }}
  group by collision_id
)

select
  registry.city_id,
  resolved.collision_id,
  resolved.crashed_on,
  resolved.crashed_on_source,
  resolved.borough,
  resolved.borough_source,
  resolved.zip,
  resolved.zip_source,
  resolved.latitude,
  resolved.latitude_source,
  resolved.longitude,
  resolved.longitude_source,
  resolved.persons_injured,
  resolved.persons_injured_source,
  resolved.persons_killed,
  resolved.persons_killed_source,
  resolved.factor,
  resolved.factor_source,
  cast(resolved.provider_count as integer) as provider_count,
  resolved._batch
from resolved
inner join {{ ref('collision__registered') }} as registry
  on registry.identifier = cast(resolved.collision_id as varchar)
