-- Written by `zhongtai sync`: change contracts/domains/legal_entity.yml, not this file.
with resolved as (
  select
    establishment_id,
    min_by(legal_name, _provider) filter (where legal_name is not null) as legal_name,
    min_by(_department, _provider) filter (where legal_name is not null) as legal_name_source,
    min_by(trade_name, _provider) filter (where trade_name is not null) as trade_name,
    min_by(_department, _provider) filter (where trade_name is not null) as trade_name_source,
    min_by(street, _provider) filter (where street is not null) as street,
    min_by(_department, _provider) filter (where street is not null) as street_source,
    min_by(zip, _provider) filter (where zip is not null) as zip,
    min_by(_department, _provider) filter (where zip is not null) as zip_source,
    min_by(phone, _provider) filter (where phone is not null) as phone,
    min_by(_department, _provider) filter (where phone is not null) as phone_source,
    min_by(latitude, _provider) filter (where latitude is not null) as latitude,
    min_by(_department, _provider) filter (where latitude is not null) as latitude_source,
    min_by(longitude, _provider) filter (where longitude is not null) as longitude,
    min_by(_department, _provider) filter (where longitude is not null) as longitude_source,
    min_by(_batch, _provider) as _batch,
    count(distinct _department) as provider_count
  from {{ ref('legal_entity__provided') }}
  group by establishment_id
)

select
  registry.city_id,
  resolved.establishment_id,
  resolved.legal_name,
  resolved.legal_name_source,
  resolved.trade_name,
  resolved.trade_name_source,
  resolved.street,
  resolved.street_source,
  resolved.zip,
  resolved.zip_source,
  resolved.phone,
  resolved.phone_source,
  resolved.latitude,
  resolved.latitude_source,
  resolved.longitude,
  resolved.longitude_source,
  cast(resolved.provider_count as integer) as provider_count,
  resolved._batch
from resolved
inner join {{ ref('legal_entity__registered') }} as registry
  on registry.identifier = cast(resolved.establishment_id as varchar)
