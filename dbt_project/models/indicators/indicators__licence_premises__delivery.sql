-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  'city' as place,
  cast(count(case when (known_to_delivery is null) then 1 end) as double) as licences_in_force,
  cast(count(case when (licence_type = 'food' and known_to_delivery is null) then 1 end) as double) as food_licences,
  cast(count(case when (licence_type = 'special_equipment' and known_to_delivery is null) then 1 end) as double) as equipment_licences
from {{ ref('licence_premises') }}
