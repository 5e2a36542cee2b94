select
  credit_code,
  name,
  status,
  industry,
  established_on,
  district
from {{ ref('legal_entity') }}
where status is not null
