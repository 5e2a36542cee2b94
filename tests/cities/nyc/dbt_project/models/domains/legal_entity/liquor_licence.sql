with registers as (
  select
    establishment_id,
    'bar' as register,
    licence_type_code,
    legal_name,
    trade_name,
    address,
    zip,
    issued_on,
    effective_on,
    expires_on,
    _batch
  from {{ ref('stg_sla__bar_licences') }}
  union all
  select
    establishment_id,
    'club' as register,
    licence_type_code,
    legal_name,
    trade_name,
    address,
    zip,
    issued_on,
    effective_on,
    expires_on,
    _batch
  from {{ ref('stg_sla__club_licences') }}
  union all
  select
    establishment_id,
    'wine' as register,
    licence_type_code,
    legal_name,
    trade_name,
    address,
    zip,
    issued_on,
    effective_on,
    expires_on,
    _batch
  from {{ ref('stg_sla__wine_licences') }}
)

select
  establishment_id,
  register,
  licence_type_code,
  legal_name,
  trade_name,
  address,
  substr(zip, 1, 5) as zip,
  issued_on,
  effective_on,
  expires_on,
  _batch
from registers
