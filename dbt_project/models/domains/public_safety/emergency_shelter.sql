select
  shelter_id,
  name,
  district,
  capacity,
  area,
  is_open,
  stocked_days,
  checked_on,
  longitude,
  latitude,
  _batch
from {{ ref('stg_emergency__shelters') }}
