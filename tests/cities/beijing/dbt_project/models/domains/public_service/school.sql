select
  {{ zhongtai.city_id_of_row('campus', 'education.schools', ['name', 'pinyin', 'level', 'district', 'address', 'phone', 'longitude', 'latitude']) }} as campus_id,
  name,
  level,
  district,
  address,
  longitude,
  latitude,
  _batch
from {{ ref('stg_education__schools') }}
