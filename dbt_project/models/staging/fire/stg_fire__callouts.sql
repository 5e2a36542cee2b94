-- Written by `zhongtai sync`: change contracts/departments/fire/callouts.yml, not this file.
with standardised as (
  select
    callout_id,
    district,
    callout_kind,
    alarmed_at,
    arrived_at,
    closed_at,
    engines,
    rescued,
    injured,
    _batch, _delivery, _row
  from {{ source('raw', 'fire__callouts') }}
), versions as (
  select
    *,
    row_number() over (
      partition by callout_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  callout_id,
  district,
  callout_kind,
  alarmed_at,
  arrived_at,
  closed_at,
  engines,
  rescued,
  injured,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
