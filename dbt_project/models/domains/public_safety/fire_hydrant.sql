select
  hydrant_id,
  district,
  hydrant_state,
  pressure_mpa,
  inspected_on,
  longitude,
  latitude,
  _batch
from {{ ref('stg_fire__hydrants') }}
