with places as (
  select district, floor_area, cast(null as double) as road_metres, cast(null as bigint) as spaces
  from {{ ref('stg_housing__buildings') }}
  union all
  select district, null as floor_area, length_m as road_metres, null as spaces
  from {{ ref('stg_transport__road_segments') }}
  union all
  select district, null as floor_area, null as road_metres, spaces
  from {{ ref('stg_housing__parking_lots') }}
)

select
  district,
  cast(count(floor_area) as bigint) as buildings,
  cast(coalesce(sum(cast(floor_area as decimal(18, 3))), 0) as double) as floor_area,
  cast(coalesce(sum(cast(road_metres as decimal(18, 3))), 0) as double) as road_metres,
  cast(coalesce(sum(spaces), 0) as bigint) as parking_spaces
from places
where district is not null
group by district
