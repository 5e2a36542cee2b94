-- Written by `zhongtai sync`: change contracts/departments/transport/road_segments.yml, not this file.
with standardised as (
  select
    segment_id,
    name,
    district,
    road_class,
    length_m,
    lanes,
    speed_limit,
    start_longitude,
    start_latitude,
    _batch, _delivery, _row
  from {{ source('raw', 'transport__road_segments') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'transport__road_segments') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by segment_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  segment_id,
  name,
  district,
  road_class,
  length_m,
  lanes,
  speed_limit,
  start_longitude,
  start_latitude,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
