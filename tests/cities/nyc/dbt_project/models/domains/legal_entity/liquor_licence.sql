with registers as (
  select
    establishment_id,
    'bar' as register,
    {{ zhongtai.city_id_of_row('premises', 'sla.bar_licences', ['establishment_id']) }} as premises_id,
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
    {{ zhongtai.city_id_of_row('premises', 'sla.club_licences', ['establishment_id']) }} as premises_id,
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
    {{ zhongtai.city_id_of_row('premises', 'sla.wine_licences', ['establishment_id']) }} as premises_id,
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
  premises_id,
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
