-- City ids before anything is compared: what a window or a condition sees is then a city id and no identity number.
with delivered as (
  select
    {{ zhongtai.normalise_resident_id('resident_id') }} as resident_id,
    address,
    building_id,
    district,
    moved_in,
    _batch,
    _delivery,
    _row
  from {{ source('raw', 'public_security__residents') }}
)

select
  {{ zhongtai.city_id_of('natural_person', 'delivered.resident_id') }} as person_city_id,
  {{ zhongtai.city_id_of('building', 'delivered.building_id') }} as building_city_id,
  address,
  building_id,
  district,
  moved_in,
  _batch,
  _delivery,
  _row
from delivered
