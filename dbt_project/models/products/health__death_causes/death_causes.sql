select
  {{ zhongtai.declassify_hmac('certificate_number') }} as certificate_key,
  cause,
  {{ zhongtai.declassify_year('death_date') }} as death_year,
  district
from {{ ref('stg_civil_affairs__deaths') }}
where cause is not null
