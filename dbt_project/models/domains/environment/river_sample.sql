select
  section_id,
  sampled_on,
  district,
  water_quality,
  coalesce(water_quality in ('1', '2', '3'), false) as good,
  dissolved_oxygen,
  ammonia_nitrogen,
  permanganate_index,
  total_phosphorus,
  _batch
from {{ ref('stg_water__river_samples') }}
