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
  'housing' as source,
  registered_on,
  land_use_until as expires_on,
  objection_state,
  {{ zhongtai.valid_through('titles.land_use_until', 'titles.objection_state') }} as valid_through,
  _batch
from titles
