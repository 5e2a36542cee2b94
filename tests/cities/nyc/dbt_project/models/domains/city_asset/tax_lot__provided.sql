-- Written by `zhongtai sync`: change contracts/domains/city_asset.yml or a contract that provides it, not this file.
select
  1 as _provider,
  'dcp' as _department,
  bbl,
  cast(borough as varchar) as borough,
  cast(zip as varchar) as zip,
  cast(address as varchar) as address,
  cast(owner_name as varchar) as owner_name,
  cast(building_class as varchar) as building_class,
  cast(lot_area as bigint) as lot_area,
  cast(building_area as bigint) as building_area,
  cast(assessed_total as decimal(18,2)) as assessed_total,
  cast(year_built as bigint) as year_built,
  _batch
from {{ ref('stg_dcp__pluto_2016') }}
where bbl is not null
union all
select
  2 as _provider,
  'dcp' as _department,
  bbl,
  cast(borough as varchar) as borough,
  cast(zip as varchar) as zip,
  cast(address as varchar) as address,
  cast(owner_name as varchar) as owner_name,
  cast(building_class as varchar) as building_class,
  cast(lot_area as bigint) as lot_area,
  cast(building_area as bigint) as building_area,
  cast(assessed_total as decimal(18,2)) as assessed_total,
  cast(year_built as bigint) as year_built,
  _batch
from {{ ref('stg_dcp__pluto_2018') }}
where bbl is not null
