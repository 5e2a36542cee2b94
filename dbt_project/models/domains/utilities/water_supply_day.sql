select
  district,
  day,
  supplied_m3,
  sold_m3,
  supplied_m3 - sold_m3 as lost_m3,
  pressure_mpa,
  samples,
  samples_passed,
  bursts,
  households_cut_off,
  sewage_m3,
  treated_m3,
  reclaimed_m3,
  _batch
from {{ ref('stg_water__supply_days') }}
