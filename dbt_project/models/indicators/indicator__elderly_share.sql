-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
with keys as (
  select place from {{ ref('indicators__natural_person__delivery__district') }}
)

select
  keys.place,
  cast(((t1.elderly_known / nullif(t1.residents_known, 0)) * cast(100 as double)) as double) as elderly_share,
  case
    when t1.elderly_known is null then 'there is no value of elderly_known'
    when t1.residents_known is null then 'there is no value of residents_known'
    when t1.residents_known = 0 then 'it divides by zero: residents_known'
  end as elderly_share__why
from keys
left join {{ ref('indicators__natural_person__delivery__district') }} as t1
  on t1.place = keys.place
