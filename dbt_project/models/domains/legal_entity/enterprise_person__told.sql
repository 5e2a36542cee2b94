-- City ids before anything is compared: what a window or a condition sees is then a city id and no identity number.
with delivered as (
  select
    {{ zhongtai.normalise_credit_code('credit_code') }} as credit_code,
    {{ zhongtai.normalise_resident_id('representative_id') }} as representative_id,
    established_on,
    closed_on,
    _batch,
    _delivery,
    _row
  from {{ source('raw', 'market_regulation__enterprises') }}
)

select
  {{ zhongtai.city_id_of('legal_entity', 'delivered.credit_code') }} as legal_entity_city_id,
  {{ zhongtai.city_id_of('natural_person', 'delivered.representative_id') }} as person_city_id,
  established_on,
  closed_on,
  _batch,
  _delivery,
  _row
from delivered
