-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
with keys as (
  select place from {{ ref('indicators__road_segment__delivery__district') }}
)

select
  keys.place,
  cast((t1.road_length / nullif(t1.road_segments, 0)) as double) as mean_segment_length,
  case
    when t1.road_length is null then 'there is no value of road_length'
    when t1.road_segments is null then 'there is no value of road_segments'
    when t1.road_segments = 0 then 'it divides by zero: road_segments'
  end as mean_segment_length__why
from keys
left join {{ ref('indicators__road_segment__delivery__district') }} as t1
  on t1.place = keys.place
