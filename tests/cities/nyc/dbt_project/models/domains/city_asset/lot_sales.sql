with sales as (
  select
    bbl,
    cast(count(*) as bigint) as sales,
    cast(sum(case when is_transfer then 0 else 1 end) as bigint) as paid_sales,
    cast(avg(cast(case when is_transfer then null else price end as decimal(18, 2))) as double) as mean_price,
    max(sold_on) as last_sold_on
  from {{ ref('property_sale') }}
  group by bbl
)

select
  sales.bbl,
  sales.sales,
  sales.paid_sales,
  sales.mean_price,
  sales.last_sold_on,
  tax_lot.assessed_total
from sales
left join {{ ref('tax_lot') }} as tax_lot on sales.bbl = tax_lot.bbl
