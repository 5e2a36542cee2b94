select
  place,
  window_start as day,
  pm25_mean,
  pm10_mean,
  so2_mean,
  no2_mean
from {{ ref('indicators__air_quality_day__day__day__district') }}
