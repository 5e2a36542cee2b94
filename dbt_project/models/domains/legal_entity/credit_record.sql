-- What may be shown as valid is shown until a day: nothing that is objected to has one, nor what nobody gave an end.
select
  records.record_id,
  {{ zhongtai.city_id_of('legal_entity', 'records.credit_code') }} as legal_entity_city_id,
  records.credit_record_kind,
  records.source,
  records.recorded_on,
  records.expires_on,
  records.objection_state,
  {{ zhongtai.valid_through('records.expires_on', 'records.objection_state') }} as valid_through,
  records._batch
from {{ ref('stg_market_regulation__credit_records') }} as records
