select
  husband_city_id,
  wife_city_id,
  {{ zhongtai.declassify_year('registered_on') }} as registered_year
from {{ ref('marriage') }}
where husband_city_id is not null and wife_city_id is not null
