with reports as (
  select
    borough,
    block,
    lot,
    address,
    zip,
    building_class_at_sale,
    gross_square_feet,
    price,
    sold_on,
    _batch
  from {{ ref('stg_dof__property_sales') }}
  union all
  select
    borough,
    block,
    lot,
    address,
    zip,
    building_class_at_sale,
    gross_square_feet,
    price,
    sold_on,
    _batch
  from {{ ref('stg_dof__annual_sales_2015') }}
  union all
  select
    borough,
    block,
    lot,
    address,
    zip,
    building_class_at_sale,
    gross_square_feet,
    price,
    sold_on,
    _batch
  from {{ ref('stg_dof__annual_sales_2020') }}
)

select
  cast(borough as bigint) * 1000000000 + block * 10000 + lot as bbl,
  address,
  substr(zip, 1, 5) as zip,
  building_class_at_sale as building_class,
  gross_square_feet,
  price,
  price = 0 as is_transfer,
  sold_on,
  _batch
from reports
