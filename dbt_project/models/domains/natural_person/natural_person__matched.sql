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
)

select
  _entity,
  min_by(name, case _department when 'public_security' then '000' when 'civil_affairs' then '001' when 'social_security' then '002' when 'government_services' then '003' when 'health' then '004' when 'housing' then '005' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where name is not null) as name,
  min_by(_department, case _department when 'public_security' then '000' when 'civil_affairs' then '001' when 'social_security' then '002' when 'government_services' then '003' when 'health' then '004' when 'housing' then '005' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where name is not null) as name_source,
  min_by(sex, case _department when 'public_security' then '000' when 'civil_affairs' then '001' when 'government_services' then '002' when 'health' then '003' when 'housing' then '004' when 'social_security' then '005' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where sex is not null) as sex,
  min_by(_department, case _department when 'public_security' then '000' when 'civil_affairs' then '001' when 'government_services' then '002' when 'health' then '003' when 'housing' then '004' when 'social_security' then '005' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where sex is not null) as sex_source,
  min_by(birth_date, case _department when 'public_security' then '000' when 'civil_affairs' then '001' when 'government_services' then '002' when 'health' then '003' when 'housing' then '004' when 'social_security' then '005' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where birth_date is not null) as birth_date,
  min_by(_department, case _department when 'public_security' then '000' when 'civil_affairs' then '001' when 'government_services' then '002' when 'health' then '003' when 'housing' then '004' when 'social_security' then '005' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where birth_date is not null) as birth_date_source,
  min_by(ethnic_group, case _department when 'public_security' then '000' when 'civil_affairs' then '001' when 'government_services' then '002' when 'health' then '003' when 'housing' then '004' when 'social_security' then '005' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where ethnic_group is not null) as ethnic_group,
  min_by(_department, case _department when 'public_security' then '000' when 'civil_affairs' then '001' when 'government_services' then '002' when 'health' then '003' when 'housing' then '004' when 'social_security' then '005' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where ethnic_group is not null) as ethnic_group_source,
  min_by(marital_status, case _department when 'civil_affairs' then '000' when 'government_services' then '001' when 'health' then '002' when 'housing' then '003' when 'public_security' then '004' when 'social_security' then '005' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where marital_status is not null) as marital_status,
  min_by(_department, case _department when 'civil_affairs' then '000' when 'government_services' then '001' when 'health' then '002' when 'housing' then '003' when 'public_security' then '004' when 'social_security' then '005' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where marital_status is not null) as marital_status_source,
  min_by(death_date, case _department when 'civil_affairs' then '000' when 'government_services' then '001' when 'health' then '002' when 'housing' then '003' when 'public_security' then '004' when 'social_security' then '005' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where death_date is not null) as death_date,
  min_by(_department, case _department when 'civil_affairs' then '000' when 'government_services' then '001' when 'health' then '002' when 'housing' then '003' when 'public_security' then '004' when 'social_security' then '005' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where death_date is not null) as death_date_source,
  min_by(social_security_status, case _department when 'social_security' then '000' when 'civil_affairs' then '001' when 'government_services' then '002' when 'health' then '003' when 'housing' then '004' when 'public_security' then '005' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where social_security_status is not null) as social_security_status,
  min_by(_department, case _department when 'social_security' then '000' when 'civil_affairs' then '001' when 'government_services' then '002' when 'health' then '003' when 'housing' then '004' when 'public_security' then '005' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where social_security_status is not null) as social_security_status_source,
  min_by(phone, case _department when 'social_security' then '000' when 'public_security' then '001' when 'civil_affairs' then '002' when 'government_services' then '003' when 'health' then '004' when 'housing' then '005' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where phone is not null) as phone,
  min_by(_department, case _department when 'social_security' then '000' when 'public_security' then '001' when 'civil_affairs' then '002' when 'government_services' then '003' when 'health' then '004' when 'housing' then '005' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where phone is not null) as phone_source,
  min_by(address, case _department when 'public_security' then '000' when 'civil_affairs' then '001' when 'government_services' then '002' when 'health' then '003' when 'housing' then '004' when 'social_security' then '005' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where address is not null) as address,
  min_by(_department, case _department when 'public_security' then '000' when 'civil_affairs' then '001' when 'government_services' then '002' when 'health' then '003' when 'housing' then '004' when 'social_security' then '005' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where address is not null) as address_source,
  min_by(district, case _department when 'public_security' then '000' when 'civil_affairs' then '001' when 'government_services' then '002' when 'health' then '003' when 'housing' then '004' when 'social_security' then '005' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where district is not null) as district,
  min_by(_department, case _department when 'public_security' then '000' when 'civil_affairs' then '001' when 'government_services' then '002' when 'health' then '003' when 'housing' then '004' when 'social_security' then '005' end || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) filter (where district is not null) as district_source,
  cast(count(*) as integer) as _rows,
  cast(count(distinct _department) as integer) as _departments,
  min_by(_batch, '0' || lpad(cast(2147483647 - _delivery as varchar), 10, '0') || _key) as _batch
from gathered
group by _entity
