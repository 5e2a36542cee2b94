-- Written by `zhongtai sync`: change contracts/departments/transport/gate_passings.yml, not this file.
with standardised as (
  select
    passing_id,
    gate_id,
    segment_id,
    plate_number,
    passed_at,
    speed,
    lane,
    _batch, _delivery, _row
  from {{ source('raw', 'transport__gate_passings') }}
), versions as (
  select
    *,
    row_number() over (
      partition by passing_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  passing_id,
  gate_id,
  segment_id,
  plate_number,
  passed_at,
  speed,
  lane,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
