-- Written by `zhongtai sync`: change contracts/departments/nypd/crimes.yml, not this file.
with standardised as (
  select
    occurred_on,
    case offence
      when 'HARRASSMENT 2' then 'HARASSMENT 2'
      else offence
    end as offence,
    category,
    latitude,
    longitude,
    zip,
    _batch, _delivery, _row
  from {{ source('raw', 'nypd__crimes') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'nypd__crimes') }}
  )
)

select
  occurred_on,
  offence,
  category,
  latitude,
  longitude,
  zip,
  _batch,
  _delivery,
  _row
from standardised
