-- Written by `zhongtai sync`: change contracts/domains/city_asset.yml, not this file.
with resolved as (
  select
    building_id,
    min_by(address, _provider) filter (where address is not null) as address,
    min_by(_department, _provider) filter (where address is not null) as address_source,
    min_by(district, _provider) filter (where district is not null) as district,
    min_by(_department, _provider) filter (where district is not null) as district_source,
    min_by(floors, _provider) filter (where floors is not null) as floors,
    min_by(_department, _provider) filter (where floors is not null) as floors_source,
    min_by(built_year, _provider) filter (where built_year is not null) as built_year,
    min_by(_department, _provider) filter (where built_year is not null) as built_year_source,
    min_by(longitude, _provider) filter (where longitude is not null) as longitude,
    min_by(_department, _provider) filter (where longitude is not null) as longitude_source,
    min_by(latitude, _provider) filter (where latitude is not null) as latitude,
    min_by(_department, _provider) filter (where latitude is not null) as latitude_source,
    min_by(_batch, _provider) as _batch,
    count(distinct _department) as provider_count
  from {{ ref('building__provided') }}
  group by building_id
)

select
  registry.city_id,
  resolved.building_id,
  resolved.address,
  resolved.address_source,
  resolved.district,
  resolved.district_source,
  resolved.floors,
  resolved.floors_source,
  resolved.built_year,
  resolved.built_year_source,
  resolved.longitude,
  resolved.longitude_source,
  resolved.latitude,
  resolved.latitude_source,
  cast(resolved.provider_count as integer) as provider_count,
  resolved._batch
from resolved
inner join {{ ref('building__registered') }} as registry
  on registry.identifier = cast(resolved.building_id as varchar)
