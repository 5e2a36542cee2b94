select
  code,
  name,
  'district' as division_level,
  cast(null as varchar) as parent_code,
  _batch
from {{ ref('stg_civil_affairs__division_areas') }}
union all
select
  code,
  name,
  'street' as division_level,
  district as parent_code,
  _batch
from {{ ref('stg_civil_affairs__division_streets') }}
