-- Written by `zhongtai sync`: change contracts/domains/traffic.yml or a contract that provides it, not this file.
select
  1 as _provider,
  'dot' as _department,
  shelter_id,
  cast(street as varchar) as street,
  cast(cross_street as varchar) as cross_street,
  cast(zip as varchar) as zip,
  cast(latitude as double) as latitude,
  cast(longitude as double) as longitude,
  _batch
from {{ ref('stg_dot__bus_shelters') }}
where shelter_id is not null
