-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(cast(sum(cast((length_m) as decimal(38, 6))) as double) / cast(1000.0 as double) as double) as pipe_length,
  cast(cast(sum(cast(case when (pipe_kind = '1') then (length_m) end as decimal(38, 6))) as double) / cast(1000.0 as double) as double) as water_pipe_length,
  cast(cast(sum(cast(case when (pipe_kind in ('2', '3')) then (length_m) end as decimal(38, 6))) as double) / cast(1000.0 as double) as double) as drain_pipe_length,
  cast(cast(sum(cast(case when (pipe_kind = '4') then (length_m) end as decimal(38, 6))) as double) / cast(1000.0 as double) as double) as gas_pipe_length,
  cast(cast(count(case when (laid_year < 2000) then 1 end) as double) / nullif(count(case when (laid_year < 2000) is not null then 1 end), 0) * cast(100.0 as double) as double) as old_pipe_share,
  cast(cast(count(case when (pipe_material = '2') then 1 end) as double) / nullif(count(case when (pipe_material = '2') is not null then 1 end), 0) * cast(100.0 as double) as double) as grey_iron_share,
  cast(cast(count(case when (inspected_on >= date '2025-01-01') then 1 end) as double) / nullif(count(case when (inspected_on >= date '2025-01-01') is not null then 1 end), 0) * cast(100.0 as double) as double) as pipes_inspected_share
from {{ ref('utility_pipe') }}
group by grouping sets ((district), ())
having grouping(district) = 1 or district <> 'city'
