select
  district,
  day,
  mean_temperature,
  highest_temperature,
  lowest_temperature,
  rainfall_mm,
  coalesce(rainfall_mm >= 50, false) as rainstorm,
  humidity,
  highest_wind,
  visibility_m,
  sunshine_hours,
  _batch
from {{ ref('stg_weather__district_days') }}
