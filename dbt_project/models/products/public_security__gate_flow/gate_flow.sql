select
  gate_id,
  hour,
  passings,
  mean_speed
from {{ ref('gate_hour') }}
