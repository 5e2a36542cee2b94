-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  'city' as place,
  cast(count(*) as double) as titles_registered,
  cast(cast(sum(cast((unit_area) as decimal(38, 6))) as double) / cast(10000.0 as double) as double) as titled_area,
  cast(cast(count(case when (owner_kind = '2') then 1 end) as double) / nullif(count(case when (owner_kind = '2') is not null then 1 end), 0) * cast(100.0 as double) as double) as enterprise_title_share
from {{ ref('property_title') }}
