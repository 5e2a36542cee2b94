with visits as (
  select * from {{ ref('stg_health__visits') }}
)

select
  visits.visit_id,
  {{ zhongtai.city_id_of('natural_person', 'visits.resident_id') }} as person_city_id,
  visits.facility_id,
  facilities.district,
  facilities.facility_type,
  visits.medical_department,
  visits.visited_at,
  visits.total_cost,
  visits._batch
from visits
left join {{ ref('stg_health__facilities') }} as facilities
  on facilities.facility_id = visits.facility_id
