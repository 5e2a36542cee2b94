select
  establishment_id,
  trade_name as name,
  phone
from {{ ref('legal_entity') }}
where
  length(establishment_id) = 8
  and phone is not null
