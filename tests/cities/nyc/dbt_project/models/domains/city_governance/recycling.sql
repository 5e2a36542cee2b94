select
  district,
  zone,
  diversion_rate,
  capture_rate,
  _batch
from {{ ref('stg_dsny__recycling_rates') }}
