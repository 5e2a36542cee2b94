with hotspots as (
  select
    substr(zip, 1, 5) as zip,
    cast(count(*) as bigint) as collisions,
    cast(sum(persons_injured) as bigint) as persons_injured,
    cast(sum(persons_killed) as bigint) as persons_killed
  from {{ ref('collision') }}
  where zip is not null
  group by substr(zip, 1, 5)
  having count(*) >= 5
),

shelters as (
  select
    substr(zip, 1, 5) as zip,
    cast(count(*) as bigint) as bus_shelters
  from {{ ref('bus_shelter') }}
  group by substr(zip, 1, 5)
)

select
  hotspots.zip,
  hotspots.collisions,
  hotspots.persons_injured,
  hotspots.persons_killed,
  coalesce(shelters.bus_shelters, 0) as bus_shelters
from hotspots
left join shelters on hotspots.zip = shelters.zip
