select
  establishment_id,
  legal_name,
  address,
  expires_on
from {{ ref('liquor_licence') }}
where expires_on between cast('2018-01-01' as date) and cast('2018-12-31' as date)
