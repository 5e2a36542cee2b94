select
  gate_id,
  date_trunc('hour', passed_at) as hour,
  cast(count(*) as bigint) as passings,
  cast(avg(cast(speed as decimal(18, 6))) as double) as mean_speed
from {{ ref('stg_transport__gate_passings') }}
where gate_id is not null and passed_at is not null
group by gate_id, date_trunc('hour', passed_at)
