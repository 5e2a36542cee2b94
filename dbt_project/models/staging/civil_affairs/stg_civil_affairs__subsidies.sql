-- Written by `zhongtai sync`: change contracts/departments/civil_affairs/subsidies.yml, not this file.
with standardised as (
  select
    {{ zhongtai.normalise_resident_id('resident_id') }} as resident_id,
    case subsidy_type
      when '高龄津贴' then 'old_age'
      when '困难救助' then 'hardship'
      when '残疾人补贴' then 'disability'
      else subsidy_type
    end as subsidy_type,
    month,
    name,
    standard_amount,
    paid_amount,
    paid_on,
    phone,
    address,
    district,
    _batch, _delivery, _row
  from {{ source('raw', 'civil_affairs__subsidies') }}
), versions as (
  select
    *,
    row_number() over (
      partition by resident_id, subsidy_type, month order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  resident_id,
  subsidy_type,
  month,
  name,
  standard_amount,
  paid_amount,
  paid_on,
  phone,
  address,
  district,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
