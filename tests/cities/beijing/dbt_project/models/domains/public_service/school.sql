select
  name,
  level,
  district,
  address,
  longitude,
  latitude,
  _batch
from {{ ref('stg_education__schools') }}
