-- Written by `zhongtai sync`: change contracts/domains/city_asset.yml, not this file.
with resolved as (
  select
    bin,
    min_by(borough, _provider) filter (where borough is not null) as borough,
    min_by(_department, _provider) filter (where borough is not null) as borough_source,
    min_by(house_number, _provider) filter (where house_number is not null) as house_number,
    min_by(_department, _provider) filter (where house_number is not null) as house_number_source,
    min_by(street, _provider) filter (where street is not null) as street,
    min_by(_department, _provider) filter (where street is not null) as street_source,
    min_by(zip, _provider) filter (where zip is not null) as zip,
    min_by(_department, _provider) filter (where zip is not null) as zip_source,
    min_by(bbl, _provider) filter (where bbl is not null) as bbl,
    min_by(_department, _provider) filter (where bbl is not null) as bbl_source,
    min_by(_batch, _provider) as _batch,
    count(distinct _department) as provider_count
  from {{ ref('building__provided') }}
  group by bin
)

select
  registry.city_id,
  resolved.bin,
  resolved.borough,
  resolved.borough_source,
  resolved.house_number,
  resolved.house_number_source,
  resolved.street,
  resolved.street_source,
  resolved.zip,
  resolved.zip_source,
  resolved.bbl,
  resolved.bbl_source,
  cast(resolved.provider_count as integer) as provider_count,
  resolved._batch
from resolved
inner join {{ ref('building__registered') }} as registry
  on registry.identifier = cast(resolved.bin as varchar)
