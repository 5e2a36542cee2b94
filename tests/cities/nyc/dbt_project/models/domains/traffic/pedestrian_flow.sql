select
  street,
  borough,
  latitude,
  longitude,
  pedestrians,
  _batch
from {{ ref('stg_dot__pedestrian_counts') }}
