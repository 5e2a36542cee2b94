-- Written by `zhongtai sync`: change contracts/departments/dof/annual_sales_2020.yml, not this file.
with standardised as (
  select
    case borough
      when 'Manhattan' then '1'
      when 'MANHATTAN' then '1'
      when 'Bronx' then '2'
      when 'BRONX' then '2'
      when 'Brooklyn' then '3'
      when 'BROOKLYN' then '3'
      when 'Queens' then '4'
      when 'QUEENS' then '4'
      when 'Staten Island' then '5'
      when 'STATEN ISLAND' then '5'
      when 'MN' then '1'
      when 'BX' then '2'
      when 'BK' then '3'
      when 'QN' then '4'
      when 'SI' then '5'
      else borough
    end as borough,
    neighborhood,
    building_class_category,
    tax_class,
    block,
    lot,
    building_class,
    address,
    apartment,
    zip,
    residential_units,
    commercial_units,
    total_units,
    land_square_feet,
    gross_square_feet,
    year_built,
    tax_class_at_sale,
    building_class_at_sale,
    price,
    sold_on,
    _batch, _delivery, _row
  from {{ source('raw', 'dof__annual_sales_2020') }}
)

select
  borough,
  neighborhood,
  building_class_category,
  tax_class,
  block,
  lot,
  building_class,
  address,
  apartment,
  zip,
  residential_units,
  commercial_units,
  total_units,
  land_square_feet,
  gross_square_feet,
  year_built,
  tax_class_at_sale,
  building_class_at_sale,
  price,
  sold_on,
  _batch,
  _delivery,
  _row
from standardised
