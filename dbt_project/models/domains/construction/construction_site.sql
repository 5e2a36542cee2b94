select
  site_id,
  name,
  district,
  site_status,
  floor_area,
  budget,
  started_on,
  due_on,
  workers,
  safety_score,
  dust_monitored,
  checked_on,
  _batch
from {{ ref('stg_construction__sites') }}
