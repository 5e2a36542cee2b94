with allowed as (
  select person_city_id, max(month) as last_paid_month
  from {{ ref('subsidy') }}
  where subsidy_type = 'old_age'
  group by person_city_id
)

select
  persons.city_id as person_id,
  persons.name,
  {{ zhongtai.declassify_year('persons.birth_date') }} as birth_year,
  persons.district,
  allowed.last_paid_month
from {{ ref('natural_person') }} as persons
left join allowed
  on allowed.person_city_id = persons.city_id
where persons.birth_date < date '1947-01-01' and persons.death_date is null
