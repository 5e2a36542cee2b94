-- Written by `zhongtai sync`: change contracts/domains/public_service.yml, not this file.
with gathered as (
  select
    links.entity_key as _entity,
    loose._department,
    loose._key,
    loose.name,
    loose.district,
    loose.address,
    loose.phone,
    loose.longitude,
    loose.latitude,
    loose.grade,
    loose._batch,
    loose._delivery
  from {{ ref('hospital__loose') }} as loose
  inner join {{ source('registry', 'hospital') }} as links on links._key = loose._key
  union all
  select
    links.entity_key as _entity,
    provided._department,
    links._key,
    provided.name,
    provided.district,
    provided.address,
    provided.phone,
    provided.longitude,
    provided.latitude,
    provided.grade,
    provided._batch,
    0 as _delivery
  from {{ ref('hospital__provided') }} as provided
  inner join {{ source('registry', 'hospital') }} as links on links._key = cast(provided.hospital_id as varchar)
), ranked as (
  select
    *,
    row_number() over (partition by _entity order by case when name is null then 1 else 0 end asc, case _department when 'health' then 0 end asc, _delivery desc, _key asc) as _rank1,
    row_number() over (partition by _entity order by case when district is null then 1 else 0 end asc, case _department when 'health' then 0 end asc, _delivery desc, _key asc) as _rank2,
    row_number() over (partition by _entity order by case when address is null then 1 else 0 end asc, case _department when 'health' then 0 end asc, _delivery desc, _key asc) as _rank3,
    row_number() over (partition by _entity order by case when phone is null then 1 else 0 end asc, case _department when 'health' then 0 end asc, _delivery desc, _key asc) as _rank4,
    row_number() over (partition by _entity order by case when longitude is null then 1 else 0 end asc, case _department when 'health' then 0 end asc, _delivery desc, _key asc) as _rank5,
    row_number() over (partition by _entity order by case when latitude is null then 1 else 0 end asc, case _department when 'health' then 0 end asc, _delivery desc, _key asc) as _rank6,
    row_number() over (partition by _entity order by case when grade is null then 1 else 0 end asc, case _department when 'health' then 0 end asc, _delivery desc, _key asc) as _rank7,
    row_number() over (partition by _entity order by _delivery desc, _key asc) as _rank0
  from gathered
)

select
  _entity,
  max(case when _rank1 = 1 then name end) as name,
  max(case when _rank1 = 1 and name is not null then _department end) as name_source,
  max(case when _rank2 = 1 then district end) as district,
  max(case when _rank2 = 1 and district is not null then _department end) as district_source,
  max(case when _rank3 = 1 then address end) as address,
  max(case when _rank3 = 1 and address is not null then _department end) as address_source,
  max(case when _rank4 = 1 then phone end) as phone,
  max(case when _rank4 = 1 and phone is not null then _department end) as phone_source,
  max(case when _rank5 = 1 then longitude end) as longitude,
  max(case when _rank5 = 1 and longitude is not null then _department end) as longitude_source,
  max(case when _rank6 = 1 then latitude end) as latitude,
  max(case when _rank6 = 1 and latitude is not null then _department end) as latitude_source,
  max(case when _rank7 = 1 then grade end) as grade,
  max(case when _rank7 = 1 and grade is not null then _department end) as grade_source,
  cast(count(*) as integer) as _rows,
  cast(count(distinct _department) as integer) as _departments,
  max(case when _rank0 = 1 then _batch end) as _batch
from ranked
group by _entity
