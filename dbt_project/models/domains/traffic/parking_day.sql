select
  lot_id,
  cast(entered_at as date) as day,
  cast(count(*) as bigint) as entries,
  cast(sum(case when left_at is null then 1 else 0 end) as bigint) as not_left,
  cast(sum(fee) as decimal(18, 2)) as fees
from {{ ref('stg_transport__parking_events') }}
where lot_id is not null and entered_at is not null
group by lot_id, cast(entered_at as date)
