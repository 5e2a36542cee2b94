select
  site,
  sampled_on,
  sampled_at,
  sample_class,
  chlorine_mg_l,
  turbidity_ntu,
  fluoride_mg_l,
  cast(replace(replace(coliform, '<', ''), '>', '') as double) as coliform_at_most,
  coliform like '<%' as coliform_below_limit,
  coliform like '>%' as coliform_above_scale,
  cast(replace(replace(e_coli, '<', ''), '>', '') as double) as e_coli_at_most,
  e_coli like '<%' as e_coli_below_limit,
  _batch
from {{ ref('stg_dep__drinking_water') }}
