-- Written by `zhongtai sync`: change contracts/departments/education/schools.yml, not this file.
with standardised as (
  select
    school_id,
    name,
    district,
    school_kind,
    is_public,
    places,
    pupils,
    classes,
    teachers,
    floor_area,
    opened_year,
    _batch, _delivery, _row
  from {{ source('raw', 'education__schools') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'education__schools') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by school_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  school_id,
  name,
  district,
  school_kind,
  is_public,
  places,
  pupils,
  classes,
  teachers,
  floor_area,
  opened_year,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
