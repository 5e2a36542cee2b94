select
  hospital_id,
  name,
  district,
  address,
  grade
from {{ ref('hospital') }}
where
  name is not null
  and district is not null
  and address is not null
  and grade is not null
