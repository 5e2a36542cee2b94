-- Written by `zhongtai sync`: change contracts/departments/urban_operations/events.yml, not this file.
with standardised as (
  select
    event_id,
    category,
    grid,
    district,
    place,
    responsible_unit,
    case event_source
      when '网格员巡查' then 'patrol'
      when '视频智能识别' then 'camera'
      when '物联感知' then 'sensor'
      when '市民随手拍' then 'citizen'
      else event_source
    end as event_source,
    found_at,
    assigned_at,
    checked_at,
    closed_at,
    _batch, _delivery, _row
  from {{ source('raw', 'urban_operations__events') }}
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
  category,
  grid,
  district,
  place,
  responsible_unit,
  event_source,
  found_at,
  assigned_at,
  checked_at,
  closed_at,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
