select
  school_id,
  name,
  district,
  school_kind,
  is_public,
  places,
  pupils,
  coalesce(pupils > places, false) as over_capacity,
  classes,
  teachers,
  floor_area,
  opened_year,
  _batch
from {{ ref('stg_education__schools') }}
