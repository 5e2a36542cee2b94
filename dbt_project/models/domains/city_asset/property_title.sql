with titles as (
  select * from {{ ref('stg_housing__ownership') }}
)

select
  certificate_number,
  {{ zhongtai.city_id_of('building', 'titles.building_id') }} as building_city_id,
  owner_kind,
  {{ zhongtai.city_id_of('natural_person', 'titles.owner_id') }} as person_city_id,
  {{ zhongtai.city_id_of('legal_entity', 'titles.owner_code') }} as legal_entity_city_id,
  unit_area,
  registered_on,
  _batch
from titles
