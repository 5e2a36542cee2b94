-- Written by `zhongtai sync`: change contracts/domains/city_asset.yml, not this file.
select
  registry.city_id,
  cast(registry.identifier as bigint) as bbl,
  coalesce(p1.borough, p2.borough) as borough,
  case
    when p1.borough is not null then p1._department
    when p2.borough is not null then p2._department
  end as borough_source,
  coalesce(p1.zip, p2.zip) as zip,
  case
    when p1.zip is not null then p1._department
    when p2.zip is not null then p2._department
  end as zip_source,
  coalesce(p1.address, p2.address) as address,
  case
    when p1.address is not null then p1._department
    when p2.address is not null then p2._department
  end as address_source,
  coalesce(p1.owner_name, p2.owner_name) as owner_name,
  case
    when p1.owner_name is not null then p1._department
    when p2.owner_name is not null then p2._department
  end as owner_name_source,
  coalesce(p1.building_class, p2.building_class) as building_class,
  case
    when p1.building_class is not null then p1._department
    when p2.building_class is not null then p2._department
  end as building_class_source,
  coalesce(p1.lot_area, p2.lot_area) as lot_area,
  case
    when p1.lot_area is not null then p1._department
    when p2.lot_area is not null then p2._department
  end as lot_area_source,
  coalesce(p1.building_area, p2.building_area) as building_area,
  case
    when p1.building_area is not null then p1._department
    when p2.building_area is not null then p2._department
  end as building_area_source,
  coalesce(p1.assessed_total, p2.assessed_total) as assessed_total,
  case
    when p1.assessed_total is not null then p1._department
    when p2.assessed_total is not null then p2._department
  end as assessed_total_source,
  coalesce(p1.year_built, p2.year_built) as year_built,
  case
    when p1.year_built is not null then p1._department
    when p2.year_built is not null then p2._department
  end as year_built_source,
  cast(
    case when p1._provider is not null or p2._provider is not null then 1 else 0 end
    as integer
  ) as provider_count,
  coalesce(p1._batch, p2._batch) as _batch
from {{ ref('tax_lot__registered') }} as registry
left join {{ ref('tax_lot__provided') }} as p1
  on p1._provider = 1 and cast(p1.bbl as varchar) = registry.identifier
left join {{ ref('tax_lot__provided') }} as p2
  on p2._provider = 2 and cast(p2.bbl as varchar) = registry.identifier
