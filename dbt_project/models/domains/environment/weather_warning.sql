select
  warning_id,
  district,
  warning_kind,
  warning_colour,
  issued_at,
  lifted_at,
  cast({{ dbt.datediff('issued_at', 'lifted_at', 'minute') }} as bigint) as minutes_in_force,
  _batch
from {{ ref('stg_weather__warnings') }}
