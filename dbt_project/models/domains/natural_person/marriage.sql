with marriages as (
  select * from {{ ref('stg_civil_affairs__marriages') }}
)

select
  certificate_number,
  {{ zhongtai.city_id_of('natural_person', 'marriages.husband_id') }} as husband_city_id,
  {{ zhongtai.city_id_of('natural_person', 'marriages.wife_id') }} as wife_city_id,
  marital_status,
  registered_on,
  registry_district as district,
  _batch
from marriages
