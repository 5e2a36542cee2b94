-- Written by `zhongtai sync`: change contracts/departments/gas/supply_days.yml, not this file.
with standardised as (
  select
    district,
    day,
    supplied_m3,
    household_m3,
    stored_m3,
    pressure_mpa,
    leak_alarms,
    leaks_repaired,
    homes_inspected,
    hazards_found,
    _batch, _delivery, _row
  from {{ source('raw', 'gas__supply_days') }}
), versions as (
  select
    *,
    row_number() over (
      partition by district, day order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  district,
  day,
  supplied_m3,
  household_m3,
  stored_m3,
  pressure_mpa,
  leak_alarms,
  leaks_repaired,
  homes_inspected,
  hazards_found,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
