with inspections as (
  select * from {{ ref('stg_market_regulation__inspections') }}
)

select
  inspection_id,
  {{ zhongtai.city_id_of('legal_entity', 'inspections.credit_code') }} as legal_entity_city_id,
  credit_code,
  inspected_on,
  result,
  coalesce(result in ('2', '3'), false) as needs_follow_up,
  score,
  _batch
from inspections
