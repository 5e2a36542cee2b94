select
  city_id as person_id,
  resident_id,
  death_date
from {{ ref('natural_person') }}
where death_date is not null
