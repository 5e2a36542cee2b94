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
  _batch
from {{ ref('stg_gas__supply_days') }}
