select
  ticket_id,
  hotline_category,
  district,
  received_at,
  closed_at,
  ticket_status,
  coalesce(closed_at < received_at, false) as closed_before_received,
  _batch
from {{ ref('stg_government_services__hotline_tickets') }}
