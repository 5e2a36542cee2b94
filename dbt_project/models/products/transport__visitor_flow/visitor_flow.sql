select
  spot_id,
  spot_name,
  district,
  day,
  visitors,
  over_capacity
from {{ ref('spot_day') }}
