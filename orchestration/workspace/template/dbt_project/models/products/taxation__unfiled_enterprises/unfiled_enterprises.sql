select
  credit_code,
  name,
  established_on
from {{ ref('legal_entity') }}
where status = '1' and tax_file_opened_on is null
