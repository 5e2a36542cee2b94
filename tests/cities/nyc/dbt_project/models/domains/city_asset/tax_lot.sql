-- Written by `zhongtai sync`: change contracts/domains/city_asset.yml, not this file.
with resolved as (
  select
    bbl,
    min_by(borough, _provider) filter (where borough is not null) as borough,
    min_by(_department, _provider) filter (where borough is not null) as borough_source,
    min_by(zip, _provider) filter (where zip is not null) as zip,
    min_by(_department, _provider) filter (where zip is not null) as zip_source,
    min_by(address, _provider) filter (where address is not null) as address,
    min_by(_department, _provider) filter (where address is not null) as address_source,
    min_by(owner_name, _provider) filter (where owner_name is not null) as owner_name,
    min_by(_department, _provider) filter (where owner_name is not null) as owner_name_source,
    min_by(building_class, _provider) filter (where building_class is not null) as building_class,
    min_by(_department, _provider) filter (where building_class is not null) as building_class_source,
    min_by(lot_area, _provider) filter (where lot_area is not null) as lot_area,
    min_by(_department, _provider) filter (where lot_area is not null) as lot_area_source,
    min_by(building_area, _provider) filter (where building_area is not null) as building_area,
    min_by(_department, _provider) filter (where building_area is not null) as building_area_source,
    min_by(assessed_total, _provider) filter (where assessed_total is not null) as assessed_total,
    min_by(_department, _provider) filter (where assessed_total is not null) as assessed_total_source,
    min_by(year_built, _provider) filter (where year_built is not null) as year_built,
    min_by(_department, _provider) filter (where year_built is not null) as year_built_source,
    min_by(_batch, _provider) as _batch,
    count(distinct _department) as provider_count
  from {{ ref('tax_lot__provided') }}
  group by bbl
)

select
  registry.city_id,
  resolved.bbl,
  resolved.borough,
  resolved.borough_source,
  resolved.zip,
  resolved.zip_source,
  resolved.address,
  resolved.address_source,
  resolved.owner_name,
  resolved.owner_name_source,
  resolved.building_class,
  resolved.building_class_source,
  resolved.lot_area,
  resolved.lot_area_source,
  resolved.building_area,
  resolved.building_area_source,
  resolved.assessed_total,
  resolved.assessed_total_source,
  resolved.year_built,
  resolved.year_built_source,
  cast(resolved.provider_count as integer) as provider_count,
  resolved._batch
from resolved
inner join {{ ref('tax_lot__registered') }} as registry
  on registry.identifier = cast(resolved.bbl as varchar)
