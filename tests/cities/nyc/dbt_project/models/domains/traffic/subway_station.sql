with entrances as (
  select
    division,
    line,
    station,
    cast(count(*) as bigint) as entrances,
    cast(sum(case when accessible = 'Y' then 1 else 0 end) as bigint) as accessible_entrances
  from {{ ref('stg_mta__subway_entrances') }}
  group by division, line, station
),

booths as (
  select
    division,
    cast(count(*) as bigint) as booths
  from {{ ref('stg_mta__station_booths') }}
  group by division
)

select
  entrances.division,
  entrances.line,
  entrances.station,
  entrances.entrances,
  entrances.accessible_entrances,
  coalesce(booths.booths, 0) as booths_of_division
from entrances
left join booths on entrances.division = booths.division
