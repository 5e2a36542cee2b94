-- Written by `zhongtai sync`: change contracts/departments/health/visits.yml, not this file.
with standardised as (
  select
    visit_id,
    {{ zhongtai.normalise_resident_id('resident_id') }} as resident_id,
    facility_id,
    medical_department,
    diagnosis,
    visited_at,
    total_cost,
    self_paid,
    _batch, _delivery, _row
  from {{ source('raw', 'health__visits') }}
), versions as (
  select
    *,
    row_number() over (
      partition by visit_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  visit_id,
  resident_id,
  facility_id,
  medical_department,
  diagnosis,
  visited_at,
  total_cost,
  self_paid,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
