with restaurants as (
  select
    areas.modzcta,
    cast(count(*) as bigint) as restaurants,
    cast(avg(inspection.score) as double) as mean_score
  from {{ ref('restaurant_inspection') }} as inspection
  inner join {{ ref('stg_dohmh__zip_areas') }} as areas on inspection.zip = areas.zip
  group by areas.modzcta
),

complaints as (
  select
    areas.modzcta,
    cast(count(*) as bigint) as water_complaints
  from {{ ref('request_handling') }} as handling
  inner join {{ ref('stg_dohmh__zip_areas') }} as areas on handling.zip = areas.zip
  group by areas.modzcta
)

select
  area.modzcta,
  area.neighborhood,
  area.population,
  coalesce(restaurants.restaurants, 0) as restaurants,
  restaurants.mean_score,
  coalesce(complaints.water_complaints, 0) as water_complaints,
  area.hospitalisations
from {{ ref('health_area') }} as area
left join restaurants on area.modzcta = restaurants.modzcta
left join complaints on area.modzcta = complaints.modzcta
where
  area.neighborhood is not null
  and area.population is not null
