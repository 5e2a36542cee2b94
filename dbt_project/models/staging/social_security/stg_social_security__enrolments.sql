-- Written by `zhongtai sync`: change contracts/departments/social_security/enrolments.yml, not this file.
with standardised as (
  select
    {{ zhongtai.normalise_resident_id('resident_id') }} as resident_id,
    insurance_scheme,
    name,
    {{ zhongtai.normalise_credit_code('credit_code') }} as credit_code,
    case enrolment_status
      when '正常参保' then '1'
      when '暂停缴费' then '2'
      when '终止参保' then '3'
      else enrolment_status
    end as enrolment_status,
    enrolled_on,
    contribution_base,
    phone,
    district,
    _batch, _delivery, _row
  from {{ source('raw', 'social_security__enrolments') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'social_security__enrolments') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by resident_id, insurance_scheme order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  resident_id,
  insurance_scheme,
  name,
  credit_code,
  enrolment_status,
  enrolled_on,
  contribution_base,
  phone,
  district,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
