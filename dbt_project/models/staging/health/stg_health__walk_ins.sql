-- Written by `zhongtai sync`: change contracts/departments/health/walk_ins.yml, not this file.
with standardised as (
  select
    registration_number,
    facility_id,
    {{ zhongtai.normalise_resident_id('document_number') }} as document_number,
    name,
    case sex
      when '男' then '1'
      when '女' then '2'
      when '未知' then '0'
      when 'M' then '1'
      when 'F' then '2'
      else sex
    end as sex,
    birth_date,
    phone,
    address,
    registered_on,
    _batch, _delivery, _row
  from {{ source('raw', 'health__walk_ins') }}
), versions as (
  select
    *,
    row_number() over (
      partition by registration_number order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  registration_number,
  facility_id,
  document_number,
  name,
  sex,
  birth_date,
  phone,
  address,
  registered_on,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
