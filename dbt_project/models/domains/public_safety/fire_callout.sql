select
  callout_id,
  district,
  callout_kind,
  alarmed_at,
  arrived_at,
  closed_at,
  cast({{ dbt.datediff('alarmed_at', 'arrived_at', 'second') }} as bigint) as seconds_to_arrival,
  cast({{ dbt.datediff('arrived_at', 'closed_at', 'minute') }} as bigint) as minutes_on_site,
  engines,
  rescued,
  injured,
  _batch
from {{ ref('stg_fire__callouts') }}
