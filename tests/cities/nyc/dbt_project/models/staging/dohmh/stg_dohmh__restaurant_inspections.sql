-- Written by `zhongtai sync`: change contracts/departments/dohmh/restaurant_inspections.yml, not this file.
with standardised as (
  select
    establishment_id,
    name,
    building,
    street,
    zip,
    phone,
    cuisine,
    inspected_on,
    action,
    violation_code,
    violation,
    case critical_flag
      when 'Critical' then 'C'
      when 'Not Critical' then 'N'
      when 'Not Applicable' then 'X'
      else critical_flag
    end as critical_flag,
    score,
    case grade
      when 'Not Yet Graded' then 'N'
      else grade
    end as grade,
    graded_on,
    recorded_on,
    inspection_type,
    _batch, _delivery, _row
  from {{ source('raw', 'dohmh__restaurant_inspections') }}
), versions as (
  select
    *,
    row_number() over (
      partition by establishment_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  establishment_id,
  name,
  building,
  street,
  zip,
  phone,
  cuisine,
  inspected_on,
  action,
  violation_code,
  violation,
  critical_flag,
  score,
  grade,
  graded_on,
  recorded_on,
  inspection_type,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
