-- Written by `zhongtai sync`: change contracts/departments/dohmh/air_quality.yml, not this file.
with standardised as (
  select
    measurement_id,
    indicator_id,
    indicator,
    measure,
    case area_kind
      when 'Borough' then 'borough'
      when 'CD' then 'community_district'
      when 'UHF42' then 'uhf42'
      when 'Citywide' then 'citywide'
      else area_kind
    end as area_kind,
    area_id,
    area_name,
    period,
    value,
    _batch, _delivery, _row
  from {{ source('raw', 'dohmh__air_quality') }}
), versions as (
  select
    *,
    row_number() over (
      partition by measurement_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  measurement_id,
  indicator_id,
  indicator,
  measure,
  area_kind,
  area_id,
  area_name,
  period,
  value,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
