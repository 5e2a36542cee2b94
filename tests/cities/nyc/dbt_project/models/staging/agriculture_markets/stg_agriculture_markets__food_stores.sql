-- Written by `zhongtai sync`: change contracts/departments/agriculture_markets/food_stores.yml, not this file.
with standardised as (
  select
    name,
    address,
    latitude,
    longitude,
    zip,
    case kind
      when 'Grocery' then 'grocery'
      when 'Pharmacy' then 'pharmacy'
      else kind
    end as kind,
    _batch, _delivery, _row
  from {{ source('raw', 'agriculture_markets__food_stores') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'agriculture_markets__food_stores') }}
  )
)

select
  name,
  address,
  latitude,
  longitude,
  zip,
  kind,
  _batch,
  _delivery,
  _row
from standardised
