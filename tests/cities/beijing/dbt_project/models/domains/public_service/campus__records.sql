-- Written by `zhongtai sync`: change contracts/domains/public_service.yml, not this file.
select
  loose._key,
  loose._key as _face,
  false as _identified,
  loose._dataset as _source,
  loose._once,
  cast(loose.school_code as varchar) as school_code,
  loose.name,
  loose.district,
  loose.address,
  loose.level,
  loose.phone,
  loose.longitude,
  loose.latitude,
  loose._batch
from {{ ref('campus__loose') }} as loose
