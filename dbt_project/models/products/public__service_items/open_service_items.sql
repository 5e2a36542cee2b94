select
  item_code,
  name,
  agency,
  service_theme,
  promised_days,
  visits_needed,
  online,
  materials,
  guide_url
from {{ ref('service_item') }}
