-- Written by `zhongtai sync`: change contracts/domains/public_service.yml, not this file.
with resolved as (
  select
    service_request_id,
    min_by(created_at, _provider) filter (where created_at is not null) as created_at,
    min_by(_department, _provider) filter (where created_at is not null) as created_at_source,
    min_by(closed_at, _provider) filter (where closed_at is not null) as closed_at,
    min_by(_department, _provider) filter (where closed_at is not null) as closed_at_source,
    min_by(descriptor, _provider) filter (where descriptor is not null) as descriptor,
    min_by(_department, _provider) filter (where descriptor is not null) as descriptor_source,
    min_by(status, _provider) filter (where status is not null) as status,
    min_by(_department, _provider) filter (where status is not null) as status_source,
    min_by(zip, _provider) filter (where zip is not null) as zip,
    min_by(_department, _provider) filter (where zip is not null) as zip_source,
    min_by(borough, _provider) filter (where borough is not null) as borough,
    min_by(_department, _provider) filter (where borough is not null) as borough_source,
    min_by(latitude, _provider) filter (where latitude is not null) as latitude,
    min_by(_department, _provider) filter (where latitude is not null) as latitude_source,
    min_by(longitude, _provider) filter (where longitude is not null) as longitude,
    min_by(_department, _provider) filter (where longitude is not null) as longitude_source,
    min_by(_batch, _provider) as _batch,
    count(distinct _department) as provider_count
  from {{ ref('service_request__provided') }}
  group by service_request_id
)

select
  registry.city_id,
  resolved.service_request_id,
  resolved.created_at,
  resolved.created_at_source,
  resolved.closed_at,
  resolved.closed_at_source,
  resolved.descriptor,
  resolved.descriptor_source,
  resolved.status,
  resolved.status_source,
  resolved.zip,
  resolved.zip_source,
  resolved.borough,
  resolved.borough_source,
  resolved.latitude,
  resolved.latitude_source,
  resolved.longitude,
  resolved.longitude_source,
  cast(resolved.provider_count as integer) as provider_count,
  resolved._batch
from resolved
inner join {{ ref('service_request__registered') }} as registry
  on registry.identifier = cast(resolved.service_request_id as varchar)
