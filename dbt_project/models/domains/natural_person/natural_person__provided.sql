-- Written by `zhongtai sync`: change contracts/domains/natural_person.yml or a contract that provides it, not this file.
select
  1 as _provider,
  'civil_affairs' as _department,
  resident_id,
  cast(name as varchar) as name,
  cast(null as varchar) as sex,
  cast(birth_date as date) as birth_date,
  cast(null as varchar) as ethnic_group,
  cast(null as varchar) as marital_status,
  cast(death_date as date) as death_date,
  cast(null as varchar) as social_security_status,
  cast(null as varchar) as phone,
  cast(null as varchar) as address,
  cast(null as varchar) as district,
  _batch
from (
  select
    *,
    row_number() over (
      partition by resident_id order by _delivery desc, _row desc
    ) as _rank
  from {{ ref('stg_civil_affairs__deaths') }}
  where resident_id is not null
) as ranked
where _rank = 1
union all
select
  2 as _provider,
  'civil_affairs' as _department,
  husband_id as resident_id,
  cast(husband_name as varchar) as name,
  cast(null as varchar) as sex,
  cast(null as date) as birth_date,
  cast(null as varchar) as ethnic_group,
  cast(marital_status as varchar) as marital_status,
  cast(null as date) as death_date,
  cast(null as varchar) as social_security_status,
  cast(null as varchar) as phone,
  cast(null as varchar) as address,
  cast(null as varchar) as district,
  _batch
from (
  select
    *,
    row_number() over (
      partition by husband_id order by _delivery desc, _row desc
    ) as _rank
  from {{ ref('stg_civil_affairs__marriages') }}
  where husband_id is not null
) as ranked
where _rank = 1
union all
select
  3 as _provider,
  'civil_affairs' as _department,
  wife_id as resident_id,
  cast(wife_name as varchar) as name,
  cast(null as varchar) as sex,
  cast(null as date) as birth_date,
  cast(null as varchar) as ethnic_group,
  cast(marital_status as varchar) as marital_status,
  cast(null as date) as death_date,
  cast(null as varchar) as social_security_status,
  cast(null as varchar) as phone,
  cast(null as varchar) as address,
  cast(null as varchar) as district,
  _batch
from (
  select
    *,
    row_number() over (
      partition by wife_id order by _delivery desc, _row desc
    ) as _rank
  from {{ ref('stg_civil_affairs__marriages') }}
  where wife_id is not null
) as ranked
where _rank = 1
union all
select
  4 as _provider,
  'civil_affairs' as _department,
  resident_id,
  cast(name as varchar) as name,
  cast(null as varchar) as sex,
  cast(null as date) as birth_date,
  cast(null as varchar) as ethnic_group,
  cast(null as varchar) as marital_status,
  cast(null as date) as death_date,
  cast(null as varchar) as social_security_status,
  cast(phone as varchar) as phone,
  cast(address as varchar) as address,
  cast(district as varchar) as district,
  _batch
from (
  select
    *,
    row_number() over (
      partition by resident_id order by _delivery desc, _row desc
    ) as _rank
  from {{ ref('stg_civil_affairs__subsidies') }}
  where resident_id is not null
) as ranked
where _rank = 1
union all
select
  5 as _provider,
  'government_services' as _department,
  applicant_id as resident_id,
  cast(applicant_name as varchar) as name,
  cast(null as varchar) as sex,
  cast(null as date) as birth_date,
  cast(null as varchar) as ethnic_group,
  cast(null as varchar) as marital_status,
  cast(null as date) as death_date,
  cast(null as varchar) as social_security_status,
  cast(phone as varchar) as phone,
  cast(null as varchar) as address,
  cast(null as varchar) as district,
  _batch
from (
  select
    *,
    row_number() over (
      partition by applicant_id order by _delivery desc, _row desc
    ) as _rank
  from {{ ref('stg_government_services__cases') }}
  where applicant_id is not null and (applicant_kind = '1' and applicant_id is not null)
) as ranked
where _rank = 1
union all
select
  6 as _provider,
  'health' as _department,
  document_number as resident_id,
  cast(name as varchar) as name,
  cast(sex as varchar) as sex,
  cast(birth_date as date) as birth_date,
  cast(null as varchar) as ethnic_group,
  cast(null as varchar) as marital_status,
  cast(null as date) as death_date,
  cast(null as varchar) as social_security_status,
  cast(phone as varchar) as phone,
  cast(address as varchar) as address,
  cast(null as varchar) as district,
  _batch
from (
  select
    *,
    row_number() over (
      partition by document_number order by _delivery desc, _row desc
    ) as _rank
  from {{ ref('stg_health__walk_ins') }}
  where document_number is not null and {{ zhongtai.identifies_resident_id('document_number') }}
) as ranked
where _rank = 1
union all
select
  7 as _provider,
  'housing' as _department,
  owner_id as resident_id,
  cast(owner_name as varchar) as name,
  cast(null as varchar) as sex,
  cast(null as date) as birth_date,
  cast(null as varchar) as ethnic_group,
  cast(null as varchar) as marital_status,
  cast(null as date) as death_date,
  cast(null as varchar) as social_security_status,
  cast(phone as varchar) as phone,
  cast(null as varchar) as address,
  cast(null as varchar) as district,
  _batch
from (
  select
    *,
    row_number() over (
      partition by owner_id order by _delivery desc, _row desc
    ) as _rank
  from {{ ref('stg_housing__ownership') }}
  where owner_id is not null and (owner_kind = '1' and owner_id is not null)
) as ranked
where _rank = 1
union all
select
  8 as _provider,
  'public_security' as _department,
  resident_id,
  cast(name as varchar) as name,
  cast(sex as varchar) as sex,
  cast(birth_date as date) as birth_date,
  cast(ethnic_group as varchar) as ethnic_group,
  cast(null as varchar) as marital_status,
  cast(null as date) as death_date,
  cast(null as varchar) as social_security_status,
  cast(phone as varchar) as phone,
  cast(address as varchar) as address,
  cast(district as varchar) as district,
  _batch
from {{ ref('stg_public_security__residents') }}
where resident_id is not null
union all
select
  9 as _provider,
  'social_security' as _department,
  resident_id,
  cast(name as varchar) as name,
  cast(null as varchar) as sex,
  cast(null as date) as birth_date,
  cast(null as varchar) as ethnic_group,
  cast(null as varchar) as marital_status,
  cast(null as date) as death_date,
  cast(enrolment_status as varchar) as social_security_status,
  cast(phone as varchar) as phone,
  cast(null as varchar) as address,
  cast(null as varchar) as district,
  _batch
from (
  select
    *,
    row_number() over (
      partition by resident_id order by _delivery desc, _row desc
    ) as _rank
  from {{ ref('stg_social_security__enrolments') }}
  where resident_id is not null
) as ranked
where _rank = 1
