select
  callout_id,
  district,
  callout_kind,
  alarmed_at,
  arrived_at,
  closed_at,
  {{ zhongtai.seconds_between('alarmed_at', 'arrived_at') }} as seconds_to_arrival,
  {{ zhongtai.minutes_between('arrived_at', 'closed_at') }} as minutes_on_site,
  engines,
  rescued,
  injured,
  _batch
from {{ ref('stg_fire__callouts') }}
