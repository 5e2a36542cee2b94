-- Whoever has no leaving on record is taken to have left in the day's last second: else every lot would fill up for ever.
with stays as (
  select
    lot_id,
    entered_at,
    coalesce(left_at, cast(cast(entered_at as date) as timestamp) + interval '86399' second) as gone_at
  from {{ ref('stg_transport__parking_events') }}
  where lot_id is not null and entered_at is not null
), turns as (
  select lot_id, entered_at as turned_at, 1 as change from stays
  union all
  select lot_id, gone_at as turned_at, -1 as change from stays
), filled as (
  select
    lot_id,
    change,
    cast(turned_at as date) as day,
    -- At one moment the space that is left is free for whoever enters.
    sum(change) over (
      partition by lot_id order by turned_at, change
      rows between unbounded preceding and current row
    ) as occupancy
  from turns
), peaks as (
  -- Who leaves was there until then, in the morning after too.
  select
    lot_id,
    day,
    max(case when change < 0 then occupancy + 1 else occupancy end) as peak_occupancy
  from filled
  group by lot_id, day
), entered as (
  select
    lot_id,
    cast(entered_at as date) as day,
    cast(count(*) as bigint) as entries,
    cast(sum(case when left_at is null then 1 else 0 end) as bigint) as not_left,
    cast(sum(fee) as decimal(18, 2)) as fees
  from {{ ref('stg_transport__parking_events') }}
  where lot_id is not null and entered_at is not null
  group by lot_id, cast(entered_at as date)
)

select
  entered.lot_id,
  entered.day,
  entered.entries,
  entered.not_left,
  entered.fees,
  cast(peaks.peak_occupancy as bigint) as peak_occupancy,
  coalesce(peaks.peak_occupancy > lots.spaces, false) as over_capacity
from entered
left join peaks on peaks.lot_id = entered.lot_id and peaks.day = entered.day
left join {{ ref('stg_housing__parking_lots') }} as lots
  on lots.lot_id = entered.lot_id
