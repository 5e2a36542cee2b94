-- Written by `zhongtai sync`: change contracts/departments/civil_affairs/marriages.yml, not this file.
with standardised as (
  select
    certificate_number,
    {{ zhongtai.normalise_resident_id('husband_id') }} as husband_id,
    husband_name,
    {{ zhongtai.normalise_resident_id('wife_id') }} as wife_id,
    wife_name,
    marital_status,
    registered_on,
    registry_district,
    _batch, _delivery, _row
  from {{ source('raw', 'civil_affairs__marriages') }}
), versions as (
  select
    *,
    row_number() over (
      partition by certificate_number order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  certificate_number,
  husband_id,
  husband_name,
  wife_id,
  wife_name,
  marital_status,
  registered_on,
  registry_district,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
