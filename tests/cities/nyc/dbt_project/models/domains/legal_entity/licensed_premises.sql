select
  licences.premises_id,
  premises.establishment_id as camis,
  licences.establishment_id as licence_serial,
  premises.trade_name,
  premises.address,
  premises.zip,
  licences.expires_on,
  licences._batch
from {{ ref('liquor_licence') }} as licences
inner join {{ ref('premises') }} as premises
  on premises.city_id = licences.premises_id
