-- Written by `zhongtai sync`: change contracts/departments/transport/parking_events.yml, not this file.
with standardised as (
  select
    event_id,
    lot_id,
    plate_number,
    entered_at,
    left_at,
    fee,
    _batch, _delivery, _row
  from {{ source('raw', 'transport__parking_events') }}
), versions as (
  select
    *,
    row_number() over (
      partition by event_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  event_id,
  lot_id,
  plate_number,
  entered_at,
  left_at,
  fee,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
