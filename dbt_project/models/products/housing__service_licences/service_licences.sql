select
  credit_code,
  name,
  status
from {{ ref('legal_entity') }}
where status is not null
