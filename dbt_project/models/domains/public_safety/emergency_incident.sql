select
  incident_id,
  district,
  emergency_kind,
  emergency_level,
  happened_at,
  reported_at,
  closed_at,
  closed_at is null as is_open,
  {{ zhongtai.minutes_between('happened_at', 'reported_at') }} as minutes_to_report,
  {{ zhongtai.minutes_between('reported_at', 'closed_at') }} as minutes_to_closing,
  deaths,
  injured,
  loss,
  _batch
from {{ ref('stg_emergency__incidents') }}
