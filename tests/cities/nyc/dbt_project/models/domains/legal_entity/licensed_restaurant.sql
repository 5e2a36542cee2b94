select
  restaurant.establishment_id as camis,
  licence.establishment_id as licence_serial,
  restaurant.name as trade_name,
  licence.zip,
  licence.expires_on
from {{ ref('stg_dohmh__restaurant_inspections') }} as restaurant
inner join {{ ref('liquor_licence') }} as licence
  on
    upper(restaurant.name) = upper(licence.trade_name)
    and substr(restaurant.zip, 1, 5) = licence.zip
