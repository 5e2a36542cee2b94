-- Written by `zhongtai sync`: change contracts/domains/tourism.yml or a contract that provides it, not this file.
select
  1 as _provider,
  'tourism' as _department,
  'tourism.spot_listings' as _dataset,
  true as _once,
  {{ zhongtai.row_key('tourism.spot_listings', ['listed_number']) }} as _key,
  cast(null as varchar) as spot_number,
  cast(name as varchar) as name,
  cast(name_en as varchar) as name_en,
  cast(longitude as double) as longitude,
  cast(latitude as double) as latitude,
  cast(null as double) as rating,
  cast(null as bigint) as reviews,
  _batch,
  _delivery
from {{ ref('stg_tourism__spot_listings') }}
