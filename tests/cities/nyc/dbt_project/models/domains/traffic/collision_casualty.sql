select
  crashed_on,
  coalesce(borough, '0') as area,
  coalesce(factor, 'Unspecified') as factor,
  cast(count(*) as bigint) as collisions,
  cast(sum(coalesce(persons_injured, 0)) as bigint) as persons_injured,
  cast(sum(coalesce(persons_killed, 0)) as bigint) as persons_killed
from {{ ref('collision') }}
group by crashed_on, coalesce(borough, '0'), coalesce(factor, 'Unspecified')
