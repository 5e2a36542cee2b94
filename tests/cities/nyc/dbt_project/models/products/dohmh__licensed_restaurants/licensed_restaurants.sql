select
  camis,
  licence_serial,
  trade_name,
  address,
  expires_on
from {{ ref('licensed_premises') }}
where camis is not null
