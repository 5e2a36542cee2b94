-- Written by `zhongtai sync`: change contracts/departments/emergency/incidents.yml, not this file.
with standardised as (
  select
    incident_id,
    district,
    emergency_kind,
    emergency_level,
    happened_at,
    reported_at,
    closed_at,
    deaths,
    injured,
    loss,
    _batch, _delivery, _row
  from {{ source('raw', 'emergency__incidents') }}
), versions as (
  select
    *,
    row_number() over (
      partition by incident_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  incident_id,
  district,
  emergency_kind,
  emergency_level,
  happened_at,
  reported_at,
  closed_at,
  deaths,
  injured,
  loss,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
