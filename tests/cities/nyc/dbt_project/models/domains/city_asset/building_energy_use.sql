select
  house_number,
  street,
  borough,
  substr(zip, 1, 5) as zip,
  property_type,
  buildings,
  energy_star_score,
  emissions_tonnes,
  _batch
from {{ ref('stg_sustainability__building_energy') }}
