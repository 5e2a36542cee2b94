-- Written by `zhongtai sync`: change contracts/departments/dcp/pluto_2016.yml, not this file.
with standardised as (
  select
    bbl,
    case borough
      when 'Manhattan' then '1'
      when 'MANHATTAN' then '1'
      when 'Bronx' then '2'
      when 'BRONX' then '2'
      when 'Brooklyn' then '3'
      when 'BROOKLYN' then '3'
      when 'Queens' then '4'
      when 'QUEENS' then '4'
      when 'Staten Island' then '5'
      when 'STATEN ISLAND' then '5'
      when 'MN' then '1'
      when 'BX' then '2'
      when 'BK' then '3'
      when 'QN' then '4'
      when 'SI' then '5'
      else borough
    end as borough,
    block,
    lot,
    zip,
    police_precinct,
    address,
    building_class,
    land_use,
    owner_name,
    lot_area,
    building_area,
    buildings,
    floors,
    residential_units,
    total_units,
    assessed_land,
    assessed_total,
    year_built,
    release,
    _batch, _delivery, _row
  from {{ source('raw', 'dcp__pluto_2016') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'dcp__pluto_2016') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by bbl order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  bbl,
  borough,
  block,
  lot,
  zip,
  police_precinct,
  address,
  building_class,
  land_use,
  owner_name,
  lot_area,
  building_area,
  buildings,
  floors,
  residential_units,
  total_units,
  assessed_land,
  assessed_total,
  year_built,
  release,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
