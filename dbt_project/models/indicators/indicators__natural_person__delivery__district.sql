-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast({{ zhongtai.declassify_k_count("count(distinct (city_id))") }} as double) as residents_by_district
from {{ ref('natural_person') }}
group by grouping sets ((district), ())
having grouping(district) = 1 or district is not null
