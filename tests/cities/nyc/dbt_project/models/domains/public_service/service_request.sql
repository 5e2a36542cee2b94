-- Written by `zhongtai sync`: change contracts/domains/public_service.yml, not this file.
select
  registry.city_id,
  registry.identifier as service_request_id,
  coalesce(p1.created_at, p2.created_at) as created_at,
  case
    when p1.created_at is not null then p1._department
    when p2.created_at is not null then p2._department
  end as created_at_source,
  coalesce(p1.closed_at, p2.closed_at) as closed_at,
  case
    when p1.closed_at is not null then p1._department
    when p2.closed_at is not null then p2._department
  end as closed_at_source,
  coalesce(p1.descriptor, p2.descriptor) as descriptor,
  case
    when p1.descriptor is not null then p1._department
    when p2.descriptor is not null then p2._department
  end as descriptor_source,
  coalesce(p1.status, p2.status) as status,
  case
    when p1.status is not null then p1._department
    when p2.status is not null then p2._department
  end as status_source,
  coalesce(p1.zip, p2.zip) as zip,
  case
    when p1.zip is not null then p1._department
    when p2.zip is not null then p2._department
  end as zip_source,
  coalesce(p1.borough, p2.borough) as borough,
  case
    when p1.borough is not null then p1._department
    when p2.borough is not null then p2._department
  end as borough_source,
  coalesce(p1.latitude, p2.latitude) as latitude,
  case
    when p1.latitude is not null then p1._department
    when p2.latitude is not null then p2._department
  end as latitude_source,
  coalesce(p1.longitude, p2.longitude) as longitude,
  case
    when p1.longitude is not null then p1._department
    when p2.longitude is not null then p2._department
  end as longitude_source,
  cast(
    case when p1._provider is not null or p2._provider is not null then 1 else 0 end
    as integer
  ) as provider_count,
  coalesce(p1._batch, p2._batch) as _batch
from {{ ref('service_request__registered') }} as registry
left join {{ ref('service_request__provided') }} as p1
  on p1._provider = 1 and cast(p1.service_request_id as varchar) = registry.identifier
left join {{ ref('service_request__provided') }} as p2
  on p2._provider = 2 and cast(p2.service_request_id as varchar) = registry.identifier
