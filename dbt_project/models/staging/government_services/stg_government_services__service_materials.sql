-- Written by `zhongtai sync`: change contracts/departments/government_services/service_materials.yml, not this file.
with standardised as (
  select
    item_code,
    material_number,
    name,
    issuer,
    copies,
    required,
    _batch, _delivery, _row
  from {{ source('raw', 'government_services__service_materials') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'government_services__service_materials') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by item_code, material_number order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  item_code,
  material_number,
  name,
  issuer,
  copies,
  required,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
