select
  {{ zhongtai.city_id_of_row('scenic_spot', 'tourism.spot_listings', ['listed_number']) }} as spot_id,
  listed_number,
  name,
  rating,
  reviews,
  _batch
from {{ ref('stg_tourism__spot_listings') }}
