select
  bbl,
  sales,
  mean_price,
  last_sold_on
from {{ ref('lot_sales') }}
