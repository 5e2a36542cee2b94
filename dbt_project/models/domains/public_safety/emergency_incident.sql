select
  incident_id,
  district,
  emergency_kind,
  emergency_level,
  happened_at,
  reported_at,
  closed_at,
  closed_at is null as is_open,
  cast({{ dbt.datediff('happened_at', 'reported_at', 'minute') }} as bigint) as minutes_to_report,
  cast({{ dbt.datediff('reported_at', 'closed_at', 'minute') }} as bigint) as minutes_to_closing,
  deaths,
  injured,
  loss,
  _batch
from {{ ref('stg_emergency__incidents') }}
