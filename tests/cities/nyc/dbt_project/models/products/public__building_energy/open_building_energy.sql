select
  borough,
  property_type,
  cast(sum(buildings) as bigint) as buildings,
  cast(avg(energy_star_score) as double) as mean_score,
  cast(sum(cast(emissions_tonnes as decimal(18, 3))) as double) as emissions_tonnes
from {{ ref('building_energy_use') }}
group by borough, property_type
