-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(count(*) as double) as enterprises_known,
  cast(cast(count(case when (status = '1') then 1 end) as double) / nullif(count(case when (status = '1') is not null then 1 end), 0) * cast(100.0 as double) as double) as enterprises_active_share,
  cast(cast(sum(cast(case when (status = '1') then (registered_capital) end as decimal(38, 6))) as double) / cast(10000.0 as double) as double) as registered_capital_total,
  cast(count(case when (established_on >= date '2020-01-01') then 1 end) as double) as enterprises_since_2020,
  cast(count(case when (status in ('2', '3')) then 1 end) as double) as enterprises_closed,
  cast(count(case when (industry = 'C' and status = '1') then 1 end) as double) as manufacturers,
  cast(count(case when (industry = 'I' and status = '1') then 1 end) as double) as software_firms,
  cast(count(case when (industry = 'H' and status = '1') then 1 end) as double) as caterers
from {{ ref('legal_entity') }}
group by grouping sets ((district), ())
having grouping(district) = 1 or district <> 'city'
