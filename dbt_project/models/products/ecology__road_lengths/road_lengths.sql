select
  district,
  road_class,
  cast(sum(cast(length_m as decimal(18, 3))) as double) as length_m,
  cast(count(*) as bigint) as segments
from {{ ref('road_segment') }}
where district is not null and road_class is not null
group by district, road_class
