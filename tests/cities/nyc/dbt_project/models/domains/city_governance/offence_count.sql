select
  occurred_on,
  substr(zip, 1, 5) as zip,
  coalesce(offence, 'UNNAMED') as offence,
  category,
  cast(count(*) as bigint) as offences
from {{ ref('stg_nypd__crimes') }}
group by occurred_on, substr(zip, 1, 5), coalesce(offence, 'UNNAMED'), category
