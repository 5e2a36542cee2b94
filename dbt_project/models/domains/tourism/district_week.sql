-- Visits and beds of a district together. A booking is one party's way: weeks of fewer than ten are left out, so that
-- nobody's shows.
with visits as (
  select
    spots.district,
    cast(date_trunc('week', visits.entered_on) as date) as week,
    count(*) as bookings,
    sum(visits.visitors) as visitors,
    sum(visits.ticket_price * visits.visitors) as ticket_income
  from {{ ref('stg_culture_tourism__scenic_visits') }} as visits
  inner join {{ ref('stg_culture_tourism__scenic_spots') }} as spots
    on spots.spot_id = visits.spot_id
  where spots.district is not null and visits.entered_on is not null
  group by spots.district, cast(date_trunc('week', visits.entered_on) as date)
  having count(*) >= 10
), hotels as (
  select
    district,
    count(*) as hotels,
    sum(rooms) as rooms
  from {{ ref('stg_culture_tourism__hotels') }}
  where district is not null
  group by district
)

select
  visits.district,
  visits.week,
  cast(visits.bookings as bigint) as bookings,
  cast(visits.visitors as bigint) as visitors,
  cast(visits.ticket_income as decimal(18, 2)) as ticket_income,
  cast(coalesce(hotels.hotels, 0) as bigint) as hotels,
  cast(hotels.rooms as bigint) as rooms,
  round(cast(visits.visitors as double) / nullif(hotels.rooms, 0), 4) as visitors_per_room
from visits
left join hotels on hotels.district = visits.district
