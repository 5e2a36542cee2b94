select
  spots.spot_number,
  spots.name,
  spots.reviews as reviews_now,
  listed.reviews as reviews_before
from {{ ref('scenic_spot') }} as spots
inner join {{ ref('listed_spot') }} as listed
  on listed.spot_id = spots.city_id
where spots.spot_number is not null
