-- Written by `zhongtai sync`: change contracts/domains/city_asset.yml or a contract that provides it, not this file.
select
  1 as _provider,
  'hpd' as _department,
  bin,
  cast(borough as varchar) as borough,
  cast(house_number as varchar) as house_number,
  cast(street as varchar) as street,
  cast(zip as varchar) as zip,
  cast(bbl as bigint) as bbl,
  _batch
from (
  select
    *,
    row_number() over (
      partition by bin order by _delivery desc, _row desc
    ) as _rank
  from {{ ref('stg_hpd__affordable_buildings') }}
  where bin is not null and (bin not like '%000000')
) as ranked
where _rank = 1
union all
select
  2 as _provider,
  'hpd' as _department,
  bin,
  cast(borough as varchar) as borough,
  cast(house_number as varchar) as house_number,
  cast(street as varchar) as street,
  cast(zip as varchar) as zip,
  cast(null as bigint) as bbl,
  _batch
from (
  select
    *,
    row_number() over (
      partition by bin order by _delivery desc, _row desc
    ) as _rank
  from {{ ref('stg_hpd__registrations') }}
  where bin is not null
) as ranked
where _rank = 1
