select
  lots.lot_id,
  lots.name,
  {{ zhongtai.city_id_of('building', 'lots.building_id') }} as building_city_id,
  coalesce(lots.district, buildings.district) as district,
  lots.spaces,
  lots.longitude,
  lots.latitude,
  lots._batch
from {{ ref('stg_housing__parking_lots') }} as lots
left join {{ ref('stg_housing__buildings') }} as buildings
  on buildings.building_id = lots.building_id
