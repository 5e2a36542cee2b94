-- Written by `zhongtai sync`: change contracts/domains/natural_person.yml, not this file.
with resolved as (
  select
    resident_id,
    min_by(name, case _provider when 7 then 1 when 1 then 2 when 2 then 3 when 3 then 4 when 4 then 5 when 8 then 6 when 5 then 7 when 6 then 8 end) filter (where name is not null) as name,
    min_by(_department, case _provider when 7 then 1 when 1 then 2 when 2 then 3 when 3 then 4 when 4 then 5 when 8 then 6 when 5 then 7 when 6 then 8 end) filter (where name is not null) as name_source,
    min_by(sex, _provider) filter (where sex is not null) as sex,
    min_by(_department, _provider) filter (where sex is not null) as sex_source,
    min_by(birth_date, case _provider when 7 then 1 when 1 then 2 end) filter (where birth_date is not null) as birth_date,
    min_by(_department, case _provider when 7 then 1 when 1 then 2 end) filter (where birth_date is not null) as birth_date_source,
    min_by(ethnic_group, _provider) filter (where ethnic_group is not null) as ethnic_group,
    min_by(_department, _provider) filter (where ethnic_group is not null) as ethnic_group_source,
    min_by(marital_status, _provider) filter (where marital_status is not null) as marital_status,
    min_by(_department, _provider) filter (where marital_status is not null) as marital_status_source,
    min_by(death_date, _provider) filter (where death_date is not null) as death_date,
    min_by(_department, _provider) filter (where death_date is not null) as death_date_source,
    min_by(social_security_status, _provider) filter (where social_security_status is not null) as social_security_status,
    min_by(_department, _provider) filter (where social_security_status is not null) as social_security_status_source,
    min_by(phone, case _provider when 8 then 1 when 7 then 2 when 4 then 3 when 5 then 4 when 6 then 5 end) filter (where phone is not null) as phone,
    min_by(_department, case _provider when 8 then 1 when 7 then 2 when 4 then 3 when 5 then 4 when 6 then 5 end) filter (where phone is not null) as phone_source,
    min_by(address, case _provider when 7 then 1 when 4 then 2 end) filter (where address is not null) as address,
    min_by(_department, case _provider when 7 then 1 when 4 then 2 end) filter (where address is not null) as address_source,
    min_by(district, case _provider when 7 then 1 when 4 then 2 end) filter (where district is not null) as district,
    min_by(_department, case _provider when 7 then 1 when 4 then 2 end) filter (where district is not null) as district_source,
    min_by(_batch, _provider) as _batch,
    count(distinct _department) as provider_count
  from {{ ref('natural_person__provided') }}
  group by resident_id
)

select
  registry.city_id,
  resolved.resident_id,
  resolved.name,
  resolved.name_source,
  resolved.sex,
  resolved.sex_source,
  resolved.birth_date,
  resolved.birth_date_source,
  resolved.ethnic_group,
  resolved.ethnic_group_source,
  resolved.marital_status,
  resolved.marital_status_source,
  resolved.death_date,
  resolved.death_date_source,
  resolved.social_security_status,
  resolved.social_security_status_source,
  resolved.phone,
  resolved.phone_source,
  resolved.address,
  resolved.address_source,
  resolved.district,
  resolved.district_source,
  cast(resolved.provider_count as integer) as provider_count,
  resolved._batch
from resolved
inner join {{ ref('natural_person__registered') }} as registry
  on registry.identifier = cast(resolved.resident_id as varchar)
