with subsidies as (
  select * from {{ ref('stg_civil_affairs__subsidies') }}
)

select
  {{ zhongtai.city_id_of('natural_person', 'subsidies.resident_id') }} as person_city_id,
  subsidy_type,
  month,
  standard_amount,
  paid_amount,
  paid_on,
  district,
  _batch
from subsidies
