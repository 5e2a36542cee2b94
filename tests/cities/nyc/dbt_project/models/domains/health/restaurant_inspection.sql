select
  establishment_id,
  name,
  coalesce(building || ' ', '') || street as street,
  substr(zip, 1, 5) as zip,
  cuisine,
  inspected_on,
  score,
  grade,
  graded_on,
  violation_code,
  coalesce(critical_flag = 'C', false) as is_critical,
  _batch
from {{ ref('stg_dohmh__restaurant_inspections') }}
where inspected_on is not null
