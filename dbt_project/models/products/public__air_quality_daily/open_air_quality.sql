select
  station_id,
  station_name,
  district,
  pollutant,
  day,
  mean_value,
  highest_value,
  readings
from {{ ref('air_quality_day') }}
