-- Written by `zhongtai sync`: change contracts/departments/water/supply_days.yml, not this file.
with standardised as (
  select
    district,
    day,
    supplied_m3,
    sold_m3,
    pressure_mpa,
    samples,
    samples_passed,
    bursts,
    households_cut_off,
    sewage_m3,
    treated_m3,
    reclaimed_m3,
    _batch, _delivery, _row
  from {{ source('raw', 'water__supply_days') }}
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
  sold_m3,
  pressure_mpa,
  samples,
  samples_passed,
  bursts,
  households_cut_off,
  sewage_m3,
  treated_m3,
  reclaimed_m3,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
