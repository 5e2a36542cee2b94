-- Written by `zhongtai sync`: change contracts/domains/public_service.yml, not this file.
with resolved as (
  select
    hospital_id,
    min_by(name, _provider) filter (where name is not null) as name,
    min_by(_department, _provider) filter (where name is not null) as name_source,
    min_by(district, _provider) filter (where district is not null) as district,
    min_by(_department, _provider) filter (where district is not null) as district_source,
    min_by(address, _provider) filter (where address is not null) as address,
    min_by(_department, _provider) filter (where address is not null) as address_source,
    min_by(phone, _provider) filter (where phone is not null) as phone,
    min_by(_department, _provider) filter (where phone is not null) as phone_source,
    min_by(longitude, _provider) filter (where longitude is not null) as longitude,
    min_by(_department, _provider) filter (where longitude is not null) as longitude_source,
    min_by(latitude, _provider) filter (where latitude is not null) as latitude,
    min_by(_department, _provider) filter (where latitude is not null) as latitude_source,
    min_by(grade, _provider) filter (where grade is not null) as grade,
    min_by(_department, _provider) filter (where grade is not null) as grade_source,
    min_by(_batch, _provider) as _batch,
    count(distinct _department) as provider_count
  from {{ ref('hospital__provided') }}
  group by hospital_id
)

select
  registry.city_id,
  resolved.hospital_id,
  resolved.name,
  resolved.name_source,
  resolved.district,
  resolved.district_source,
  resolved.address,
  resolved.address_source,
  resolved.phone,
  resolved.phone_source,
  resolved.longitude,
  resolved.longitude_source,
  resolved.latitude,
  resolved.latitude_source,
  resolved.grade,
  resolved.grade_source,
  cast(resolved.provider_count as integer) as provider_count,
  resolved._batch
from resolved
inner join {{ ref('hospital__registered') }} as registry
  on registry.identifier = cast(resolved.hospital_id as varchar)
