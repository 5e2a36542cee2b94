with hospitals as (
  select
    district,
    cast(count(*) as bigint) as hospitals
  from {{ ref('hospital') }}
  group by district
),

schools as (
  select
    district,
    cast(count(distinct campus_id) as bigint) as schools
  from {{ ref('school') }}
  group by district
),

enterprises as (
  select
    district,
    cast(count(*) as bigint) as enterprises
  from {{ ref('legal_entity') }}
  group by district
)

select
  division.code as district,
  coalesce(hospitals.hospitals, 0) as hospitals,
  coalesce(schools.schools, 0) as schools,
  coalesce(enterprises.enterprises, 0) as enterprises
from {{ ref('division') }} as division
left join hospitals on division.code = hospitals.district
left join schools on division.code = schools.district
left join enterprises on division.code = enterprises.district
where division.division_level = 'district'
