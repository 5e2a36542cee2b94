-- Written by `zhongtai sync`: change contracts/departments/public_security/vehicles.yml, not this file.
with standardised as (
  select
    plate_number,
    case vehicle_type
      when '小型汽车' then '02'
      when '小型新能源汽车' then '52'
      else vehicle_type
    end as vehicle_type,
    {{ zhongtai.normalise_resident_id('owner_id') }} as owner_id,
    owner_name,
    brand,
    seats,
    registered_on,
    inspection_until,
    vehicle_status,
    _batch, _delivery, _row
  from {{ source('raw', 'public_security__vehicles') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'public_security__vehicles') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by plate_number order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  plate_number,
  vehicle_type,
  owner_id,
  owner_name,
  brand,
  seats,
  registered_on,
  inspection_until,
  vehicle_status,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
