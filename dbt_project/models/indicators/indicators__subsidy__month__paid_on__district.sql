-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  cast(date_trunc('month', paid_on) as date) as window_start,
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(count(*) as double) as subsidies_paid,
  cast(cast(sum(cast((paid_amount) as decimal(38, 6))) as double) / cast(10000.0 as double) as double) as subsidy_amount,
  cast(avg(cast((paid_amount) as decimal(38, 6))) as double) as subsidy_mean
from {{ ref('subsidy') }}
where paid_on is not null
group by grouping sets ((cast(date_trunc('month', paid_on) as date), district), (cast(date_trunc('month', paid_on) as date)))
having grouping(district) = 1 or district <> 'city'
