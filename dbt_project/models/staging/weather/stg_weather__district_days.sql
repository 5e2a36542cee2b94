-- Written by `zhongtai sync`: change contracts/departments/weather/district_days.yml, not this file.
with standardised as (
  select
    district,
    day,
    mean_temperature,
    highest_temperature,
    lowest_temperature,
    rainfall_mm,
    humidity,
    highest_wind,
    visibility_m,
    sunshine_hours,
    _batch, _delivery, _row
  from {{ source('raw', 'weather__district_days') }}
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
  mean_temperature,
  highest_temperature,
  lowest_temperature,
  rainfall_mm,
  humidity,
  highest_wind,
  visibility_m,
  sunshine_hours,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
