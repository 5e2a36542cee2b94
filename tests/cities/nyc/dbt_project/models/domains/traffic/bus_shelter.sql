-- Written by `zhongtai sync`: change contracts/domains/traffic.yml, not this file.
with resolved as (
  select
    shelter_id,
    min_by(street, _provider) filter (where street is not null) as street,
    min_by(_department, _provider) filter (where street is not null) as street_source,
    min_by(cross_street, _provider) filter (where cross_street is not null) as cross_street,
    min_by(_department, _provider) filter (where cross_street is not null) as cross_street_source,
    min_by(zip, _provider) filter (where zip is not null) as zip,
    min_by(_department, _provider) filter (where zip is not null) as zip_source,
    min_by(latitude, _provider) filter (where latitude is not null) as latitude,
    min_by(_department, _provider) filter (where latitude is not null) as latitude_source,
    min_by(longitude, _provider) filter (where longitude is not null) as longitude,
    min_by(_department, _provider) filter (where longitude is not null) as longitude_source,
    min_by(_batch, _provider) as _batch,
    count(distinct _department) as provider_count
  from {{ ref('bus_shelter__provided') }}
  group by shelter_id
)

select
  registry.city_id,
  resolved.shelter_id,
  resolved.street,
  resolved.street_source,
  resolved.cross_street,
  resolved.cross_street_source,
  resolved.zip,
  resolved.zip_source,
  resolved.latitude,
  resolved.latitude_source,
  resolved.longitude,
  resolved.longitude_source,
  cast(resolved.provider_count as integer) as provider_count,
  resolved._batch
from resolved
inner join {{ ref('bus_shelter__registered') }} as registry
  on registry.identifier = cast(resolved.shelter_id as varchar)
