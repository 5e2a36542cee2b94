select
  'precinct' as facility_kind,
  precinct as facility_name,
  address,
  cast(null as varchar) as zip,
  phone
from {{ ref('stg_nypd__precincts') }}
union all
select
  'bus_shelter' as facility_kind,
  shelter_id as facility_name,
  street || ' at ' || cross_street as address,
  zip,
  cast(null as varchar) as phone
from {{ ref('bus_shelter') }}
