-- Written by `zhongtai sync`: change contracts/departments/housing/ownership.yml, not this file.
with standardised as (
  select
    certificate_number,
    building_id,
    case owner_kind
      when '个人' then '1'
      when '企业' then '2'
      else owner_kind
    end as owner_kind,
    {{ zhongtai.normalise_resident_id('owner_id') }} as owner_id,
    {{ zhongtai.normalise_credit_code('owner_code') }} as owner_code,
    owner_name,
    unit_area,
    registered_on,
    phone,
    land_use_until,
    case objection_state
      when '无异议' then 'none'
      when '异议处理中' then 'raised'
      when '异议成立' then 'upheld'
      when '异议不成立' then 'rejected'
      else objection_state
    end as objection_state,
    _batch, _delivery, _row
  from {{ source('raw', 'housing__ownership') }}
), versions as (
  select
    *,
    row_number() over (
      partition by certificate_number order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  certificate_number,
  building_id,
  owner_kind,
  owner_id,
  owner_code,
  owner_name,
  unit_area,
  registered_on,
  phone,
  land_use_until,
  objection_state,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
