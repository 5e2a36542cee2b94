-- Written by `zhongtai sync`: change contracts/domains/tourism.yml, not this file.
with known as (
  select distinct spot_number from {{ ref('scenic_spot__provided') }}
), held as (
  select
    known.spot_number,
    p1.name,
    p1.name_en,
    p1.longitude,
    p1.latitude,
    p1._batch
  from known
  left join {{ ref('scenic_spot__provided') }} as p1
    on p1._provider = 1 and p1.spot_number = known.spot_number
)

select
  cast(held.spot_number as varchar) as _key,
  cast(held.spot_number as varchar) as _face,
  true as _identified,
  '' as _source,
  false as _once,
  cast(held.spot_number as varchar) as spot_number,
  held.name,
  held.name_en,
  held.longitude,
  held.latitude,
  held._batch
from held
union all
select
  cast(held.spot_number as varchar) as _key,
  cast(held.spot_number as varchar) || ' ' || cast(other._provider as varchar) as _face,
  true as _identified,
  '' as _source,
  false as _once,
  cast(held.spot_number as varchar) as spot_number,
  coalesce(other.name, held.name) as name,
  coalesce(other.name_en, held.name_en) as name_en,
  coalesce(other.longitude, held.longitude) as longitude,
  coalesce(other.latitude, held.latitude) as latitude,
  other._batch
from held
inner join {{ ref('scenic_spot__provided') }} as other on other.spot_number = held.spot_number
where other.name <> held.name or other.name_en <> held.name_en or other.longitude <> held.longitude or other.latitude <> held.latitude
union all
select
  loose._key,
  loose._key as _face,
  false as _identified,
  loose._dataset as _source,
  loose._once,
  cast(loose.spot_number as varchar) as spot_number,
  loose.name,
  loose.name_en,
  loose.longitude,
  loose.latitude,
  loose._batch
from {{ ref('scenic_spot__loose') }} as loose
