-- Written by `zhongtai sync`: change contracts/departments/ecology/readings.yml, not this file.
with standardised as (
  select
    station_id,
    pollutant,
    measured_at,
    value,
    _batch, _delivery, _row
  from {{ source('raw', 'ecology__readings') }}
), versions as (
  select
    *,
    row_number() over (
      partition by station_id, pollutant, measured_at order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  station_id,
  pollutant,
  measured_at,
  value,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
