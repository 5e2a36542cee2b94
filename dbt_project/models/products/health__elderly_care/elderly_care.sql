select
  {{ zhongtai.declassify_hmac('city_id') }} as person_key,
  {{ zhongtai.declassify_year('birth_date') }} as birth_year,
  district
from {{ ref('natural_person') }}
where
  birth_date < date '1947-01-01' and death_date is null
  and district in ('999001', '999002', '999003', '999004')
