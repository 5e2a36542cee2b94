-- Written by `zhongtai sync`: change contracts/domains/tourism.yml or a contract that provides it, not this file.
select
  1 as _provider,
  'tourism' as _department,
  spot_number,
  cast(name as varchar) as name,
  cast(name_en as varchar) as name_en,
  cast(longitude as double) as longitude,
  cast(latitude as double) as latitude,
  cast(rating as double) as rating,
  cast(reviews as bigint) as reviews,
  _batch
from {{ ref('stg_tourism__scenic_spots') }}
where spot_number is not null
