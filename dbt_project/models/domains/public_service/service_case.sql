with cases as (
  select * from {{ ref('stg_government_services__cases') }}
)

select
  case_id,
  item_code,
  applicant_kind,
  {{ zhongtai.city_id_of('natural_person', 'cases.applicant_id') }} as person_city_id,
  {{ zhongtai.city_id_of('legal_entity', 'cases.applicant_code') }} as legal_entity_city_id,
  channel,
  accepted_at,
  finished_at,
  satisfaction,
  _batch
from cases
