-- Written by `zhongtai sync`: change contracts/departments/service_311/water_complaints.yml, not this file.
with standardised as (
  select
    service_request_id,
    created_at,
    closed_at,
    descriptor,
    zip,
    address_type,
    city,
    case status
      when 'Open' then 'OPEN'
      when 'Started' then 'STARTED'
      when 'Pending' then 'PENDING'
      when 'Closed' then 'CLOSED'
      else status
    end as status,
    updated_at,
    community_board,
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
    x_state_plane,
    y_state_plane,
    latitude,
    longitude,
    _batch, _delivery, _row
  from {{ source('raw', 'service_311__water_complaints') }}
), versions as (
  select
    *,
    row_number() over (
      partition by service_request_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  service_request_id,
  created_at,
  closed_at,
  descriptor,
  zip,
  address_type,
  city,
  status,
  updated_at,
  community_board,
  borough,
  x_state_plane,
  y_state_plane,
  latitude,
  longitude,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
