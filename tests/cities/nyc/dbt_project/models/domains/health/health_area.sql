-- Written by `zhongtai sync`: change contracts/domains/health.yml, not this file.
with resolved as (
  select
    modzcta,
    min_by(neighborhood, _provider) filter (where neighborhood is not null) as neighborhood,
    min_by(_department, _provider) filter (where neighborhood is not null) as neighborhood_source,
    min_by(borough, _provider) filter (where borough is not null) as borough,
    min_by(_department, _provider) filter (where borough is not null) as borough_source,
    min_by(population, _provider) filter (where population is not null) as population,
    min_by(_department, _provider) filter (where population is not null) as population_source,
    min_by(hospitalisations, _provider) filter (where hospitalisations is not null) as hospitalisations,
    min_by(_department, _provider) filter (where hospitalisations is not null) as hospitalisations_source,
    min_by(latitude, _provider) filter (where latitude is not null) as latitude,
    min_by(_department, _provider) filter (where latitude is not null) as latitude_source,
    min_by(longitude, _provider) filter (where longitude is not null) as longitude,
    min_by(_department, _provider) filter (where longitude is not null) as longitude_source,
    min_by(_batch, _provider) as _batch,
    count(distinct _department) as provider_count
  from {{ ref('health_area__provided') }}
  group by modzcta
)

select
  registry.city_id,
  resolved.modzcta,
  resolved.neighborhood,
  resolved.neighborhood_source,
  resolved.borough,
  resolved.borough_source,
  resolved.population,
  resolved.population_source,
  resolved.hospitalisations,
  resolved.hospitalisations_source,
  resolved.latitude,
  resolved.latitude_source,
  resolved.longitude,
  resolved.longitude_source,
  cast(resolved.provider_count as integer) as provider_count,
  resolved._batch
from resolved
inner join {{ ref('health_area__registered') }} as registry
  on registry.identifier = cast(resolved.modzcta as varchar)
