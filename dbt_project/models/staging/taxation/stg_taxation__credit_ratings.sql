-- Written by `zhongtai sync`: change contracts/departments/taxation/credit_ratings.yml, not this file.
with standardised as (
  select
    {{ zhongtai.normalise_credit_code('credit_code') }} as credit_code,
    name,
    rating_year,
    case credit_rating
      when 'A级' then 'A'
      when 'B级' then 'B'
      when 'M级' then 'M'
      when 'C级' then 'C'
      when 'D级' then 'D'
      else credit_rating
    end as credit_rating,
    assessed_on,
    phone,
    _batch, _delivery, _row
  from {{ source('raw', 'taxation__credit_ratings') }}
  where _delivery = (
    select max(_delivery) from {{ source('raw', 'taxation__credit_ratings') }}
  )
), versions as (
  select
    *,
    row_number() over (
      partition by credit_code order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  credit_code,
  name,
  rating_year,
  credit_rating,
  assessed_on,
  phone,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
