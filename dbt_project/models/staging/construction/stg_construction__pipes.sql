-- Written by `zhongtai sync`: change contracts/departments/construction/pipes.yml, not this file.
with standardised as (
  select
    pipe_id,
    district,
    pipe_kind,
    pipe_material,
    length_m,
    laid_year,
    inspected_on,
    _batch, _delivery, _row
  from {{ source('raw', 'construction__pipes') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'construction__pipes') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by pipe_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  pipe_id,
  district,
  pipe_kind,
  pipe_material,
  length_m,
  laid_year,
  inspected_on,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
