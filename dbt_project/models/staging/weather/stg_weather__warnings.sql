-- Written by `zhongtai sync`: change contracts/departments/weather/warnings.yml, not this file.
with standardised as (
  select
    warning_id,
    district,
    warning_kind,
    case warning_colour
      when '红' then '1'
      when '橙' then '2'
      when '黄' then '3'
      when '蓝' then '4'
      else warning_colour
    end as warning_colour,
    issued_at,
    lifted_at,
    _batch, _delivery, _row
  from {{ source('raw', 'weather__warnings') }}
), versions as (
  select
    *,
    row_number() over (
      partition by warning_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  warning_id,
  district,
  warning_kind,
  warning_colour,
  issued_at,
  lifted_at,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
