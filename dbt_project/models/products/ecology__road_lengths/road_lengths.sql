select
  district,
  road_class,
  sum(length_m) as length_m,
  cast(count(*) as bigint) as segments
from {{ ref('road_segment') }}
where district is not null and road_class is not null
group by district, road_class
