-- Written by `zhongtai sync`: change contracts/domains/legal_entity.yml, not this file.
with known as (
  select distinct credit_code from {{ ref('legal_entity__provided') }}
), held as (
  select
    known.credit_code,
    coalesce(p3.name, p4.name, p5.name, p6.name, p1.name, p2.name) as name,
    coalesce(p3.legal_representative, p4.legal_representative) as legal_representative,
    coalesce(p3.address, p4.address, p2.address) as address,
    coalesce(p3.phone, p4.phone, p6.phone, p2.phone) as phone,
    coalesce(p1._batch, p2._batch, p3._batch, p4._batch, p5._batch, p6._batch) as _batch
  from known
  left join {{ ref('legal_entity__provided') }} as p1
    on p1._provider = 1 and p1.credit_code = known.credit_code
  left join {{ ref('legal_entity__provided') }} as p2
    on p2._provider = 2 and p2.credit_code = known.credit_code
  left join {{ ref('legal_entity__provided') }} as p3
    on p3._provider = 3 and p3.credit_code = known.credit_code
  left join {{ ref('legal_entity__provided') }} as p4
    on p4._provider = 4 and p4.credit_code = known.credit_code
  left join {{ ref('legal_entity__provided') }} as p5
    on p5._provider = 5 and p5.credit_code = known.credit_code
  left join {{ ref('legal_entity__provided') }} as p6
    on p6._provider = 6 and p6.credit_code = known.credit_code
)

select
  cast(held.credit_code as varchar) as _key,
  cast(held.credit_code as varchar) as _face,
  true as _identified,
  '' as _source,
  false as _once,
  cast(held.credit_code as varchar) as credit_code,
  held.name,
  held.legal_representative,
  held.address,
  held.phone,
  held._batch
from held
union all
select
  cast(held.credit_code as varchar) as _key,
  cast(held.credit_code as varchar) || ' ' || cast(other._provider as varchar) as _face,
  true as _identified,
  '' as _source,
  false as _once,
  cast(held.credit_code as varchar) as credit_code,
  coalesce(other.name, held.name) as name,
  coalesce(other.legal_representative, held.legal_representative) as legal_representative,
  coalesce(other.address, held.address) as address,
  coalesce(other.phone, held.phone) as phone,
  other._batch
from held
inner join {{ ref('legal_entity__provided') }} as other on other.credit_code = held.credit_code
where other.name <> held.name or other.legal_representative <> held.legal_representative or other.address <> held.address or other.phone <> held.phone
union all
select
  loose._key,
  loose._key as _face,
  false as _identified,
  loose._dataset as _source,
  loose._once,
  cast(loose.credit_code as varchar) as credit_code,
  loose.name,
  loose.legal_representative,
  loose.address,
  loose.phone,
  loose._batch
from {{ ref('legal_entity__loose') }} as loose
