-- Written by `zhongtai sync`: change contracts/departments/government_services/hotline_tickets.yml, not this file.
with standardised as (
  select
    ticket_id,
    hotline_category,
    district,
    address,
    caller_phone,
    content,
    received_at,
    closed_at,
    case ticket_status
      when '待办理' then 'open'
      when '办理中' then 'working'
      when '已办结' then 'closed'
      else ticket_status
    end as ticket_status,
    _batch, _delivery, _row
  from {{ source('raw', 'government_services__hotline_tickets') }}
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
  hotline_category,
  district,
  address,
  caller_phone,
  content,
  received_at,
  closed_at,
  ticket_status,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
