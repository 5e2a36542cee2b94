-- Written by `zhongtai sync`: change contracts/domains/natural_person.yml, not this file.
with gathered as (
  select
    links.entity_key as _entity,
    loose._department,
    loose._key,
    loose.name,
    loose.sex,
    loose.birth_date,
    loose.ethnic_group,
    loose.marital_status,
    loose.death_date,
    loose.social_security_status,
    loose.phone,
    loose.address,
    loose.district,
    loose._batch,
    loose._delivery
  from {{ ref('natural_person__loose') }} as loose
  inner join {{ source('registry', 'natural_person') }} as links on links._key = loose._key
  union all
  select
    links.entity_key as _entity,
    provided._department,
    links._key,
    provided.name,
    provided.sex,
    provided.birth_date,
    provided.ethnic_group,
    provided.marital_status,
    provided.death_date,
    provided.social_security_status,
    provided.phone,
    provided.address,
    provided.district,
    provided._batch,
    0 as _delivery
  from {{ ref('natural_person__provided') }} as provided
  inner join {{ source('registry', 'natural_person') }} as links on links._key = cast(provided.resident_id as varchar)
), ranked as (
  select
    *,
    row_number() over (partition by _entity order by case when name is null then 1 else 0 end asc, case _department when 'public_security' then 0 when 'civil_affairs' then 1 when 'social_security' then 2 when 'government_services' then 3 when 'health' then 4 when 'housing' then 5 end asc, _delivery desc, _key asc) as _rank1,
    row_number() over (partition by _entity order by case when sex is null then 1 else 0 end asc, case _department when 'public_security' then 0 when 'civil_affairs' then 1 when 'government_services' then 2 when 'health' then 3 when 'housing' then 4 when 'social_security' then 5 end asc, _delivery desc, _key asc) as _rank2,
    row_number() over (partition by _entity order by case when birth_date is null then 1 else 0 end asc, case _department when 'public_security' then 0 when 'civil_affairs' then 1 when 'government_services' then 2 when 'health' then 3 when 'housing' then 4 when 'social_security' then 5 end asc, _delivery desc, _key asc) as _rank3,
    row_number() over (partition by _entity order by case when ethnic_group is null then 1 else 0 end asc, case _department when 'public_security' then 0 when 'civil_affairs' then 1 when 'government_services' then 2 when 'health' then 3 when 'housing' then 4 when 'social_security' then 5 end asc, _delivery desc, _key asc) as _rank4,
    row_number() over (partition by _entity order by case when marital_status is null then 1 else 0 end asc, case _department when 'civil_affairs' then 0 when 'government_services' then 1 when 'health' then 2 when 'housing' then 3 when 'public_security' then 4 when 'social_security' then 5 end asc, _delivery desc, _key asc) as _rank5,
    row_number() over (partition by _entity order by case when death_date is null then 1 else 0 end asc, case _department when 'civil_affairs' then 0 when 'government_services' then 1 when 'health' then 2 when 'housing' then 3 when 'public_security' then 4 when 'social_security' then 5 end asc, _delivery desc, _key asc) as _rank6,
    row_number() over (partition by _entity order by case when social_security_status is null then 1 else 0 end asc, case _department when 'social_security' then 0 when 'civil_affairs' then 1 when 'government_services' then 2 when 'health' then 3 when 'housing' then 4 when 'public_security' then 5 end asc, _delivery desc, _key asc) as _rank7,
    row_number() over (partition by _entity order by case when phone is null then 1 else 0 end asc, case _department when 'social_security' then 0 when 'public_security' then 1 when 'civil_affairs' then 2 when 'government_services' then 3 when 'health' then 4 when 'housing' then 5 end asc, _delivery desc, _key asc) as _rank8,
    row_number() over (partition by _entity order by case when address is null then 1 else 0 end asc, case _department when 'public_security' then 0 when 'civil_affairs' then 1 when 'government_services' then 2 when 'health' then 3 when 'housing' then 4 when 'social_security' then 5 end asc, _delivery desc, _key asc) as _rank9,
    row_number() over (partition by _entity order by case when district is null then 1 else 0 end asc, case _department when 'public_security' then 0 when 'civil_affairs' then 1 when 'government_services' then 2 when 'health' then 3 when 'housing' then 4 when 'social_security' then 5 end asc, _delivery desc, _key asc) as _rank10,
    row_number() over (partition by _entity order by _delivery desc, _key asc) as _rank0
  from gathered
)

select
  _entity,
  max(case when _rank1 = 1 then name end) as name,
  max(case when _rank1 = 1 and name is not null then _department end) as name_source,
  max(case when _rank2 = 1 then sex end) as sex,
  max(case when _rank2 = 1 and sex is not null then _department end) as sex_source,
  max(case when _rank3 = 1 then birth_date end) as birth_date,
  max(case when _rank3 = 1 and birth_date is not null then _department end) as birth_date_source,
  max(case when _rank4 = 1 then ethnic_group end) as ethnic_group,
  max(case when _rank4 = 1 and ethnic_group is not null then _department end) as ethnic_group_source,
  max(case when _rank5 = 1 then marital_status end) as marital_status,
  max(case when _rank5 = 1 and marital_status is not null then _department end) as marital_status_source,
  max(case when _rank6 = 1 then death_date end) as death_date,
  max(case when _rank6 = 1 and death_date is not null then _department end) as death_date_source,
  max(case when _rank7 = 1 then social_security_status end) as social_security_status,
  max(case when _rank7 = 1 and social_security_status is not null then _department end) as social_security_status_source,
  max(case when _rank8 = 1 then phone end) as phone,
  max(case when _rank8 = 1 and phone is not null then _department end) as phone_source,
  max(case when _rank9 = 1 then address end) as address,
  max(case when _rank9 = 1 and address is not null then _department end) as address_source,
  max(case when _rank10 = 1 then district end) as district,
  max(case when _rank10 = 1 and district is not null then _department end) as district_source,
  cast(count(*) as integer) as _rows,
  cast(count(distinct _department) as integer) as _departments,
  max(case when _rank0 = 1 then _batch end) as _batch
from ranked
group by _entity
