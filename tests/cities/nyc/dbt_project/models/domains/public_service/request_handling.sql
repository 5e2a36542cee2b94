select
  service_request_id,
  borough,
  substr(zip, 1, 5) as zip,
  descriptor,
  created_at,
  closed_at,
  cast(cast(closed_at as date) - cast(created_at as date) as bigint) as days_open,
  closed_at is not null as is_closed
from {{ ref('service_request') }}
where created_at is not null
