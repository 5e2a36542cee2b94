-- Written by `zhongtai sync`: change contracts/departments/sla/bar_licences.yml, not this file.
with standardised as (
  select
    establishment_id,
    licence_type,
    licence_class,
    licence_type_code,
    legal_name,
    trade_name,
    address,
    address_note,
    city,
    state,
    zip,
    certificate_number,
    issued_on,
    effective_on,
    expires_on,
    latitude,
    longitude,
    _batch, _delivery, _row
  from {{ source('raw', 'sla__bar_licences') }}
), versions as (
  select
    *,
    row_number() over (
      partition by establishment_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  establishment_id,
  licence_type,
  licence_class,
  licence_type_code,
  legal_name,
  trade_name,
  address,
  address_note,
  city,
  state,
  zip,
  certificate_number,
  issued_on,
  effective_on,
  expires_on,
  latitude,
  longitude,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
