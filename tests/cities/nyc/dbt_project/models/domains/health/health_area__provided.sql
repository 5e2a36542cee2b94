-- Written by `zhongtai sync`: change contracts/domains/health.yml or a contract that provides it, not this file.
select
  1 as _provider,
  'dohmh' as _department,
  modzcta,
  cast(neighborhood as varchar) as neighborhood,
  cast(borough as varchar) as borough,
  cast(population as double) as population,
  cast(null as bigint) as hospitalisations,
  cast(latitude as double) as latitude,
  cast(longitude as double) as longitude,
  _batch
from {{ ref('stg_dohmh__area_case_totals') }}
where modzcta is not null
union all
select
  2 as _provider,
  'dohmh' as _department,
  modzcta,
  cast(neighborhood as varchar) as neighborhood,
  cast(null as varchar) as borough,
  cast(null as double) as population,
  cast(hospitalisations as bigint) as hospitalisations,
  cast(null as double) as latitude,
  cast(null as double) as longitude,
  _batch
from {{ ref('stg_dohmh__area_hospitalisations') }}
where modzcta is not null
