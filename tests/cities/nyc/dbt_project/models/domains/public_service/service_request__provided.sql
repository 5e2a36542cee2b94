-- Written by `zhongtai sync`: change contracts/domains/public_service.yml or a contract that provides it, not this file.
select
  1 as _provider,
  'service_311' as _department,
  service_request_id,
  cast(created_at as timestamp) as created_at,
  cast(closed_at as timestamp) as closed_at,
  cast(descriptor as varchar) as descriptor,
  cast(status as varchar) as status,
  cast(zip as varchar) as zip,
  cast(borough as varchar) as borough,
  cast(latitude as double) as latitude,
  cast(longitude as double) as longitude,
  _batch
from {{ ref('stg_service_311__water_complaints') }}
where service_request_id is not null
union all
select
  2 as _provider,
  'service_311' as _department,
  service_request_id,
  cast(created_at as timestamp) as created_at,
  cast(closed_at as timestamp) as closed_at,
  cast(descriptor as varchar) as descriptor,
  cast(status as varchar) as status,
  cast(zip as varchar) as zip,
  cast(borough as varchar) as borough,
  cast(latitude as double) as latitude,
  cast(longitude as double) as longitude,
  _batch
from {{ ref('stg_service_311__water_complaints_workbook') }}
where service_request_id is not null
