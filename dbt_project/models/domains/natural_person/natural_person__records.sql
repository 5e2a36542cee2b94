-- Written by `zhongtai sync`: change contracts/domains/natural_person.yml, not this file.
with known as (
  select distinct resident_id from {{ ref('natural_person__provided') }}
), held as (
  select
    known.resident_id,
    coalesce(p8.name, p1.name, p2.name, p3.name, p4.name, p9.name, p5.name, p6.name, p7.name) as name,
    coalesce(p8.sex, p6.sex) as sex,
    coalesce(p8.birth_date, p1.birth_date, p6.birth_date) as birth_date,
    coalesce(p9.phone, p8.phone, p4.phone, p5.phone, p6.phone, p7.phone) as phone,
    coalesce(p8.address, p4.address, p6.address) as address,
    coalesce(p1._batch, p2._batch, p3._batch, p4._batch, p5._batch, p6._batch, p7._batch, p8._batch, p9._batch) as _batch
  from known
  left join {{ ref('natural_person__provided') }} as p1
    on p1._provider = 1 and p1.resident_id = known.resident_id
  left join {{ ref('natural_person__provided') }} as p2
    on p2._provider = 2 and p2.resident_id = known.resident_id
  left join {{ ref('natural_person__provided') }} as p3
    on p3._provider = 3 and p3.resident_id = known.resident_id
  left join {{ ref('natural_person__provided') }} as p4
    on p4._provider = 4 and p4.resident_id = known.resident_id
  left join {{ ref('natural_person__provided') }} as p5
    on p5._provider = 5 and p5.resident_id = known.resident_id
  left join {{ ref('natural_person__provided') }} as p6
    on p6._provider = 6 and p6.resident_id = known.resident_id
  left join {{ ref('natural_person__provided') }} as p7
    on p7._provider = 7 and p7.resident_id = known.resident_id
  left join {{ ref('natural_person__provided') }} as p8
    on p8._provider = 8 and p8.resident_id = known.resident_id
  left join {{ ref('natural_person__provided') }} as p9
    on p9._provider = 9 and p9.resident_id = known.resident_id
)

select
  cast(held.resident_id as varchar) as _key,
  cast(held.resident_id as varchar) as _face,
  true as _identified,
  '' as _source,
  false as _once,
  cast(held.resident_id as varchar) as resident_id,
  held.name,
  held.sex,
  held.birth_date,
  held.phone,
  held.address,
  held._batch
from held
union all
select
  cast(held.resident_id as varchar) as _key,
  cast(held.resident_id as varchar) || ' ' || cast(other._provider as varchar) as _face,
  true as _identified,
  '' as _source,
  false as _once,
  cast(held.resident_id as varchar) as resident_id,
  coalesce(other.name, held.name) as name,
  coalesce(other.sex, held.sex) as sex,
  coalesce(other.birth_date, held.birth_date) as birth_date,
  coalesce(other.phone, held.phone) as phone,
  coalesce(other.address, held.address) as address,
  other._batch
from held
inner join {{ ref('natural_person__provided') }} as other on other.resident_id = held.resident_id
where other.name <> held.name or other.sex <> held.sex or other.birth_date <> held.birth_date or other.phone <> held.phone or other.address <> held.address
union all
select
  loose._key,
  loose._key as _face,
  false as _identified,
  loose._dataset as _source,
  loose._once,
  cast(loose.resident_id as varchar) as resident_id,
  loose.name,
  loose.sex,
  loose.birth_date,
  loose.phone,
  loose.address,
  loose._batch
from {{ ref('natural_person__loose') }} as loose
