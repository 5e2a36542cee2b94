select
  warning_id,
  district,
  warning_kind,
  warning_colour,
  issued_at,
  lifted_at,
  {{ zhongtai.minutes_between('issued_at', 'lifted_at') }} as minutes_in_force,
  _batch
from {{ ref('stg_weather__warnings') }}
