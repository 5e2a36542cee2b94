select
  district,
  day,
  energy_kwh,
  industrial_kwh,
  household_kwh,
  clean_kwh,
  charging_kwh,
  peak_load_kw,
  capacity_kw,
  coalesce(peak_load_kw > 0.8 * capacity_kw, false) as heavily_loaded,
  interruptions,
  customers_interrupted,
  interrupted_minutes,
  _batch
from {{ ref('stg_power__supply_days') }}
