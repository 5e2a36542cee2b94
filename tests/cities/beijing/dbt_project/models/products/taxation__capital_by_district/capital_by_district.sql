select
  district,
  cast(count(*) as bigint) as enterprises,
  cast(sum(case when currency = 'CNY' then 1 else 0 end) as bigint) as with_capital,
  cast(sum(case when currency = 'CNY' then capital else 0 end) as decimal(18, 2)) as capital_yuan
from {{ ref('enterprise_capital') }}
group by district
