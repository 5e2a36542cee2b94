select
  district,
  medical_department,
  date_trunc('month', visited_at) as month,
  {{ zhongtai.declassify_k_count('count(distinct person_city_id)') }} as patients,
  {{ zhongtai.declassify_k_count('count(*)') }} as visits
from {{ ref('visit') }}
where district is not null
group by district, medical_department, date_trunc('month', visited_at)
having {{ zhongtai.declassify_k_rows('count(distinct person_city_id)') }}
