with visits as (
  select
    spot_id,
    entered_on as day,
    cast(sum(visitors) as bigint) as visitors,
    cast(sum(ticket_price * visitors) as decimal(18, 2)) as ticket_income
  from {{ ref('stg_culture_tourism__scenic_visits') }}
  where spot_id is not null and entered_on is not null
  group by spot_id, entered_on
)

select
  visits.spot_id,
  visits.day,
  spots.name as spot_name,
  spots.district,
  visits.visitors,
  visits.ticket_income,
  coalesce(visits.visitors > spots.capacity, false) as over_capacity
from visits
left join {{ ref('stg_culture_tourism__scenic_spots') }} as spots
  on spots.spot_id = visits.spot_id
