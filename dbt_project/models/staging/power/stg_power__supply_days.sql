-- Written by `zhongtai sync`: change contracts/departments/power/supply_days.yml, not this file.
with standardised as (
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
    interruptions,
    customers_interrupted,
    interrupted_minutes,
    _batch, _delivery, _row
  from {{ source('raw', 'power__supply_days') }}
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
  energy_kwh,
  industrial_kwh,
  household_kwh,
  clean_kwh,
  charging_kwh,
  peak_load_kw,
  capacity_kw,
  interruptions,
  customers_interrupted,
  interrupted_minutes,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
