-- Written by `zhongtai sync`: change contracts/departments/nypd/collisions.yml, not this file.
with standardised as (
  select
    collision_id,
    crashed_on,
    crashed_at,
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
    zip,
    latitude,
    longitude,
    on_street,
    cross_street,
    off_street,
    persons_injured,
    persons_killed,
    pedestrians_injured,
    pedestrians_killed,
    cyclists_injured,
    cyclists_killed,
    motorists_injured,
    motorists_killed,
    factor_1,
    factor_2,
    factor_3,
    factor_4,
    factor_5,
    vehicle_1,
    vehicle_2,
    vehicle_3,
    vehicle_4,
    vehicle_5,
    _batch, _delivery, _row
  from {{ source('raw', 'nypd__collisions') }}
), versions as (
  select
    *,
    row_number() over (
      partition by collision_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  collision_id,
  crashed_on,
  crashed_at,
  borough,
  zip,
  latitude,
  longitude,
  on_street,
  cross_street,
  off_street,
  persons_injured,
  persons_killed,
  pedestrians_injured,
  pedestrians_killed,
  cyclists_injured,
  cyclists_killed,
  motorists_injured,
  motorists_killed,
  factor_1,
  factor_2,
  factor_3,
  factor_4,
  factor_5,
  vehicle_1,
  vehicle_2,
  vehicle_3,
  vehicle_4,
  vehicle_5,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
