-- Written by `zhongtai sync`: change contracts/domains/city_asset.yml, not this file.
select
  registry.city_id,
  registry.identifier as bin,
  coalesce(p1.borough, p2.borough) as borough,
  case
    when p1.borough is not null then p1._department
    when p2.borough is not null then p2._department
  end as borough_source,
  coalesce(p1.house_number, p2.house_number) as house_number,
  case
    when p1.house_number is not null then p1._department
    when p2.house_number is not null then p2._department
  end as house_number_source,
  coalesce(p1.street, p2.street) as street,
  case
    when p1.street is not null then p1._department
    when p2.street is not null then p2._department
  end as street_source,
  coalesce(p1.zip, p2.zip) as zip,
  case
    when p1.zip is not null then p1._department
    when p2.zip is not null then p2._department
  end as zip_source,
  p1.bbl,
  case
    when p1.bbl is not null then p1._department
  end as bbl_source,
  cast(
    case when p1._provider is not null or p2._provider is not null then 1 else 0 end
    as integer
  ) as provider_count,
  coalesce(p1._batch, p2._batch) as _batch
from {{ ref('building__registered') }} as registry
left join {{ ref('building__provided') }} as p1
  on p1._provider = 1 and cast(p1.bin as varchar) = registry.identifier
left join {{ ref('building__provided') }} as p2
  on p2._provider = 2 and cast(p2.bin as varchar) = registry.identifier
