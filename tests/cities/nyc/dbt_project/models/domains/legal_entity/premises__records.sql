-- Written by `zhongtai sync`: change contracts/domains/legal_entity.yml, not this file.
with known as (
  select distinct establishment_id from {{ ref('premises__provided') }}
), held as (
  select
    known.establishment_id,
    p1.trade_name,
    p1.address,
    p1.zip,
    cast(null as double) as latitude,
    cast(null as double) as longitude,
    p1._batch
  from known
  left join {{ ref('premises__provided') }} as p1
    on p1._provider = 1 and p1.establishment_id = known.establishment_id
)

select
  cast(held.establishment_id as varchar) as _key,
  cast(held.establishment_id as varchar) as _face,
  true as _identified,
  '' as _source,
  false as _once,
  cast(held.establishment_id as varchar) as establishment_id,
  held.trade_name,
  held.address,
  held.zip,
  held.latitude,
  held.longitude,
  held._batch
from held
union all
select
  cast(held.establishment_id as varchar) as _key,
  cast(held.establishment_id as varchar) || ' ' || cast(other._provider as varchar) as _face,
  true as _identified,
  '' as _source,
  false as _once,
  cast(held.establishment_id as varchar) as establishment_id,
  coalesce(other.trade_name, held.trade_name) as trade_name,
  coalesce(other.address, held.address) as address,
  coalesce(other.zip, held.zip) as zip,
  coalesce(other.latitude, held.latitude) as latitude,
  coalesce(other.longitude, held.longitude) as longitude,
  other._batch
from held
inner join {{ ref('premises__provided') }} as other on other.establishment_id = held.establishment_id
where other.trade_name <> held.trade_name or other.address <> held.address or other.zip <> held.zip or other.latitude <> held.latitude or other.longitude <> held.longitude
union all
select
  loose._key,
  loose._key as _face,
  false as _identified,
  loose._dataset as _source,
  loose._once,
  cast(loose.establishment_id as varchar) as establishment_id,
  loose.trade_name,
  loose.address,
  loose.zip,
  loose.latitude,
  loose.longitude,
  loose._batch
from {{ ref('premises__loose') }} as loose
