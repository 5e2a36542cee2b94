-- Written by `zhongtai sync`: change contracts/departments/culture_tourism/scenic_visits.yml, not this file.
with standardised as (
  select
    ticket_id,
    spot_id,
    phone,
    visitors,
    entered_on,
    ticket_price,
    _batch, _delivery, _row
  from {{ source('raw', 'culture_tourism__scenic_visits') }}
), versions as (
  select
    *,
    row_number() over (
      partition by ticket_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  ticket_id,
  spot_id,
  phone,
  visitors,
  entered_on,
  ticket_price,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
