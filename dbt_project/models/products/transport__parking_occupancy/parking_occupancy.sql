select
  days.lot_id,
  lots.name as lot_name,
  lots.district,
  days.day,
  lots.spaces,
  days.entries,
  case when lots.spaces > 0 then cast(days.entries as double) / lots.spaces end as turnover
from {{ ref('parking_day') }} as days
inner join {{ ref('parking_lot') }} as lots
  on lots.lot_id = days.lot_id
