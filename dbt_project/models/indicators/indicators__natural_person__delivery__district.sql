-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast({{ zhongtai.declassify_k_count("count(distinct case when (death_date is null) then (city_id) end)") }} as double) as residents_known,
  cast({{ zhongtai.declassify_k_count("count(distinct case when (birth_date >= date '2010-12-01' and death_date is null) then (city_id) end)") }} as double) as children_known,
  cast({{ zhongtai.declassify_k_count("count(distinct case when (birth_date < date '1961-01-01' and death_date is null) then (city_id) end)") }} as double) as elderly_known
from {{ ref('natural_person') }}
group by grouping sets ((district), ())
having grouping(district) = 1 or district <> 'city'
