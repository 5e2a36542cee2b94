-- Written by `zhongtai sync`: change contracts/domains/public_service.yml, not this file.
with known as (
  select distinct hospital_id from {{ ref('hospital__provided') }}
), held as (
  select
    known.hospital_id,
    p1.name,
    p1.address,
    p1.phone,
    p1.longitude,
    p1.latitude,
    p1._batch
  from known
  left join {{ ref('hospital__provided') }} as p1
    on p1._provider = 1 and p1.hospital_id = known.hospital_id
)

select
  cast(held.hospital_id as varchar) as _key,
  cast(held.hospital_id as varchar) as _face,
  true as _identified,
  '' as _source,
  false as _once,
  cast(held.hospital_id as varchar) as hospital_id,
  held.name,
  held.address,
  held.phone,
  held.longitude,
  held.latitude,
  held._batch
from held
union all
select
  cast(held.hospital_id as varchar) as _key,
  cast(held.hospital_id as varchar) || ' ' || cast(other._provider as varchar) as _face,
  true as _identified,
  '' as _source,
  false as _once,
  cast(held.hospital_id as varchar) as hospital_id,
  coalesce(other.name, held.name) as name,
  coalesce(other.address, held.address) as address,
  coalesce(other.phone, held.phone) as phone,
  coalesce(other.longitude, held.longitude) as longitude,
  coalesce(other.latitude, held.latitude) as latitude,
  other._batch
from held
inner join {{ ref('hospital__provided') }} as other on other.hospital_id = held.hospital_id
where other.name <> held.name or other.address <> held.address or other.phone <> held.phone or other.longitude <> held.longitude or other.latitude <> held.latitude
union all
select
  loose._key,
  loose._key as _face,
  false as _identified,
  loose._dataset as _source,
  loose._once,
  cast(loose.hospital_id as varchar) as hospital_id,
  loose.name,
  loose.address,
  loose.phone,
  loose.longitude,
  loose.latitude,
  loose._batch
from {{ ref('hospital__loose') }} as loose
