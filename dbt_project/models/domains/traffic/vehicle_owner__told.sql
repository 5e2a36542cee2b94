-- City ids before anything is compared: what a window or a condition sees is then a city id and no identity number.
with delivered as (
  select
    plate_number,
    {{ zhongtai.normalise_resident_id('owner_id') }} as owner_id,
    registered_on,
    _batch,
    _delivery,
    _row
  from {{ source('raw', 'public_security__vehicles') }}
)

select
  plate_number,
  {{ zhongtai.city_id_of('natural_person', 'delivered.owner_id') }} as person_city_id,
  registered_on,
  _batch,
  _delivery,
  _row
from delivered
