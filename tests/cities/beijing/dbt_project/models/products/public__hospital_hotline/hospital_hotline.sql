select
  hospital_id,
  name,
  '0' || phone as phone
from {{ ref('hospital') }}
where
  phone is not null
  and name is not null
