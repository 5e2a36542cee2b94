-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  'city' as place,
  cast(count(*) as double) as items_offered,
  cast(cast(count(case when (online) then 1 end) as double) / nullif(count(case when (online) is not null then 1 end), 0) * cast(100.0 as double) as double) as items_online_share,
  cast(cast(count(case when (visits_needed = 0) then 1 end) as double) / nullif(count(case when (visits_needed = 0) is not null then 1 end), 0) * cast(100.0 as double) as double) as items_no_visit_share,
  cast(avg(cast((required_materials) as decimal(38, 6))) as double) as item_materials_mean,
  cast(avg(cast((promised_days) as decimal(38, 6))) as double) as item_promised_days
from {{ ref('service_item') }}
