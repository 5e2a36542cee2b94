-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  cast(date_trunc('day', day) as date) as window_start,
  'city' as place,
  cast(sum(cast((entries) as decimal(38, 6))) as double) as parking_entries,
  cast(count(distinct (lot_id)) as double) as parking_lots_used,
  cast(sum(cast((not_left) as decimal(38, 6))) as double) as parking_not_left,
  cast(sum(cast((fees) as decimal(38, 6))) as double) as parking_fees
from {{ ref('parking_day') }}
where day is not null
group by cast(date_trunc('day', day) as date)
