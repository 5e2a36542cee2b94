-- Written by `zhongtai sync`: change contracts/departments/dot/pedestrian_counts.yml, not this file.
with standardised as (
  select
    latitude,
    longitude,
    street,
    pedestrians,
    case borough
      when 'Manhattan' then '1'
      when 'MANHATTAN' then '1'
      when 'Bronx' then '2'
      when 'BRONX' then '2'
      when 'Brooklyn' then '3'
      when 'BROOKLYN' then '3'
      when 'Queens' then '4'
      when 'QUEENS' then '4'
      when 'Staten Island' then '5'
      when 'STATEN ISLAND' then '5'
      when 'MN' then '1'
      when 'BX' then '2'
      when 'BK' then '3'
      when 'QN' then '4'
      when 'SI' then '5'
      else borough
    end as borough,
    _batch, _delivery, _row
  from {{ source('raw', 'dot__pedestrian_counts') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'dot__pedestrian_counts') }}
  )
)

select
  latitude,
  longitude,
  street,
  pedestrians,
  borough,
  _batch,
  _delivery,
  _row
from standardised
