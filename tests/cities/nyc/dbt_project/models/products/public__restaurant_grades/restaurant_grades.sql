select
  establishment_id,
  name,
  street,
  zip,
  grade,
  graded_on,
  score
from {{ ref('restaurant_inspection') }}
where
  grade in ('A', 'B', 'C')
  and name is not null
  and graded_on is not null
