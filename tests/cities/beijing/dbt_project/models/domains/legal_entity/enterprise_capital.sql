with written as (
  select
    credit_code,
    district,
    registered_on,
    capital,
    replace(split_part(split_part(capital, '(', 1), '万', 1), ',', '') as ten_thousands,
    _batch
  from {{ ref('stg_market_regulation__enterprises') }}
)

select
  credit_code,
  district,
  registered_on,
  cast(cast(ten_thousands as decimal(18, 6)) * 10000 as decimal(18, 2)) as capital,
  case
    when capital like '%美元%' then 'USD'
    when capital like '%港%' then 'HKD'
    when capital like '%日元%' then 'JPY'
    when capital like '%欧元%' then 'EUR'
    when capital is not null then 'CNY'
  end as currency,
  _batch
from written
