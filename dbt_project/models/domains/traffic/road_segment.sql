select
  segment_id,
  name,
  district,
  road_class,
  length_m,
  lanes,
  speed_limit,
  _batch
from {{ ref('stg_transport__road_segments') }}
