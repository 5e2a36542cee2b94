-- Written by `zhongtai sync`: change contracts/departments/hpd/registration_contacts.yml, not this file.
with standardised as (
  select
    contact_id,
    registration_id,
    role,
    role_note,
    corporation,
    title,
    first_name,
    last_name,
    house_number,
    street,
    city,
    state,
    zip,
    _batch, _delivery, _row
  from {{ source('raw', 'hpd__registration_contacts') }}
), versions as (
  select
    *,
    row_number() over (
      partition by contact_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  contact_id,
  registration_id,
  role,
  role_note,
  corporation,
  title,
  first_name,
  last_name,
  house_number,
  street,
  city,
  state,
  zip,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
