-- A plate may pass twelve times in a year; plates are as sensitive here as in the register.
with passings as (
  select
    plate_number,
    cast(extract(year from passed_at) as integer) as year,
    passed_at,
    row_number() over (
      partition by plate_number, extract(year from passed_at) order by passed_at, passing_id
    ) as number
  from {{ ref('stg_transport__gate_passings') }}
  where plate_number is not null and passed_at is not null
)

select
  plate_number,
  year,
  cast(max(number) as bigint) as passings,
  max(case when number = 13 then passed_at end) as thirteenth_at,
  max(number) > 12 as over_limit
from passings
group by plate_number, year
