select
  credit_code,
  name,
  hotel_grade,
  district,
  address,
  rooms,
  phone
from {{ ref('stg_culture_tourism__hotels') }}
where hotel_grade <> '0'
