select
  district,
  cast(date_trunc('month', day) as date) as month,
  cast(sum(visitors) as bigint) as visitors,
  cast(sum(ticket_income) as decimal(18, 2)) as ticket_income
from {{ ref('spot_day') }}
where district is not null
group by district, cast(date_trunc('month', day) as date)
