select
  pipe_id,
  district,
  pipe_kind,
  pipe_material,
  length_m,
  laid_year,
  inspected_on,
  _batch
from {{ ref('stg_construction__pipes') }}
