-- Written by `zhongtai sync`: change contracts/departments/hpd/registrations.yml, not this file.
with standardised as (
  select
    registration_id,
    building_id,
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
    house_number,
    street,
    zip,
    block,
    lot,
    bin,
    registered_on,
    ends_on,
    _batch, _delivery, _row
  from {{ source('raw', 'hpd__registrations') }}
), versions as (
  select
    *,
    row_number() over (
      partition by registration_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  registration_id,
  building_id,
  borough,
  house_number,
  street,
  zip,
  block,
  lot,
  bin,
  registered_on,
  ends_on,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
