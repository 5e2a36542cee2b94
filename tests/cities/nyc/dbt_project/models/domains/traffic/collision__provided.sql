-- Written by `zhongtai sync`: change contracts/domains/traffic.yml or a contract that provides it, not this file.
select
  1 as _provider,
  'nypd' as _department,
  collision_id,
  cast(crashed_on as date) as crashed_on,
  cast(borough as varchar) as borough,
  cast(zip as varchar) as zip,
  cast(latitude as double) as latitude,
  cast(longitude as double) as longitude,
  cast(persons_injured as bigint) as persons_injured,
  cast(persons_killed as bigint) as persons_killed,
  cast(factor_1 as varchar) as factor,
  _batch
from {{ ref('stg_nypd__collisions') }}
where collision_id is not null
