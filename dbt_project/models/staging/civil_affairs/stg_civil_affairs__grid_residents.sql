-- Written by `zhongtai sync`: change contracts/departments/civil_affairs/grid_residents.yml, not this file.
with standardised as (
  select
    grid_number,
    name,
    case sex
      when '男' then '1'
      when '女' then '2'
      when '未知' then '0'
      when 'M' then '1'
      when 'F' then '2'
      else sex
    end as sex,
    birth_date,
    address,
    district,
    phone,
    checked_on,
    _batch, _delivery, _row
  from {{ source('raw', 'civil_affairs__grid_residents') }}
), versions as (
  select
    *,
    row_number() over (
      partition by grid_number order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  grid_number,
  name,
  sex,
  birth_date,
  address,
  district,
  phone,
  checked_on,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
