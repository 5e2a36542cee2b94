-- Written by `zhongtai sync`: change contracts/departments/civil_affairs/deaths.yml, not this file.
with standardised as (
  select
    certificate_number,
    {{ zhongtai.normalise_resident_id('resident_id') }} as resident_id,
    name,
    birth_date,
    death_date,
    cause,
    district,
    _batch, _delivery, _row
  from {{ source('raw', 'civil_affairs__deaths') }}
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
  resident_id,
  name,
  birth_date,
  death_date,
  cause,
  district,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
