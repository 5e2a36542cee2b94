-- Who lived where, and when. A new version of a resident's row is another home only where address, building or the day
-- of moving in differ: most versions tell of something else.
with versions as (
  select * from {{ ref('household_member__told') }}
), compared as (
  select
    *,
    lag(_delivery) over (partition by person_city_id order by _delivery, _row) as earlier,
    lag(address) over (partition by person_city_id order by _delivery, _row) as earlier_address,
    lag(building_id) over (partition by person_city_id order by _delivery, _row) as earlier_building,
    lag(moved_in) over (partition by person_city_id order by _delivery, _row) as earlier_moved_in
  from versions
  where person_city_id is not null
), homes as (
  select * from compared
  where
    earlier is null
    or address is distinct from earlier_address
    or building_id is distinct from earlier_building
    or moved_in is distinct from earlier_moved_in
)

select
  person_city_id,
  address,
  building_city_id,
  district,
  moved_in as valid_from,
  lead(moved_in) over (partition by person_city_id order by _delivery, _row) as valid_to,
  _delivery as known_from_delivery,
  lead(_delivery) over (partition by person_city_id order by _delivery, _row) as known_to_delivery,
  _batch
from homes
